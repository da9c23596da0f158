"""The twenty-seven oddities of real files that a reader must survive, and the test that each of them has."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

#: number: (the oddity, the tests that break if it is no longer survived: "folder/file: test")
CHECKLIST: dict[int, tuple[str, list[str]]] = {
    1: ("the locale of numbers changes by column", [
        "sources/test_sources_refusals: test_a_cell_that_fits_both_locales_is_caught_by_the_total",
        "sources/test_sources_refusals: test_the_naive_reading_of_2020_is_refused_at_its_first_cell",
        "sources/test_sources_signs: test_the_naive_reading_of_sardinata_is_a_jump"]),
    2: ("a zero is written in three ways, and absence has two meanings", [
        "sources/test_sources_reading: test_the_zeros_of_the_coca_table",
        "sources/test_sources_refusals: test_absence_is_filled_only_by_declaration"]),
    3: ("two vintages differ in decimals, marks and the meaning of empty", [
        "sources/test_sources_diff: test_a_newer_form_of_the_same_figures_is_rounding_and_no_revision",
        "sources/test_sources_diff: test_the_meaning_of_an_empty_cell_shows"]),
    4: ("years that do not reconcile", [
        "sources/test_sources_published_values: test_two_years_of_coca_are_known_to_be_incomplete",
        "sources/test_sources_remainders: test_the_real_wholes"]),
    5: ("lost leading zeros", [
        "sources/test_sources_refusals: test_lost_leading_zeros",
        "sources/test_sources_readers: test_demining_in_antioquia_is_there_although_its_codes_lost_their_zeros",
        "sources/test_sources_evaluation: test_the_lost_zeros_of_antioquia_and_atlantico_are_back"]),
    6: ("two widths of a code in one column", [
        "sources/test_sources_quirks: test_codes_of_seven_and_eight_digits_in_one_column",
        "sources/test_sources_evaluation: test_a_zero_lost_after_2018_is_not_put_back"]),
    7: ("pseudo-codes, foreign rows, names in the column of codes", [
        "fetching/test_fetching_live: test_seizures_abroad_are_in_no_municipality",
        "fetching/test_fetching_live: test_the_name_of_a_department_is_no_code",
        "sources/test_sources_readers: test_people_whose_municipality_is_not_stated_are_kept_apart"]),
    8: ("codes abolished and created", [
        "sources/test_sources_signs: test_a_code_outside_its_years",
        "sources/test_sources_signs: test_homicides_in_municipalities_that_did_not_exist_yet"]),
    9: ("variant and renamed names", [
        "sources/test_sources_readers: test_a_name_only_this_publisher_uses_holds_for_its_code_alone",
        "sources/test_sources_refusals: test_a_renamed_place"]),
    10: ("expert lists with wrong codes", [
        "sources/test_sources_refusals: test_the_list_with_five_wrong_codes_names_all_five",
        "sources/test_sources_refusals: test_a_list_of_the_same_shape_with_wrong_codes_names_each"]),
    11: ("silent truncation", [
        "sources/test_sources_signs: test_a_page_of_a_thousand_rows_is_a_sign",
        "fetching/test_fetching_socrata: test_the_default_limit_of_the_portal_is_never_relied_on",
        "fetching/test_fetching_socrata: test_a_cap_below_what_was_asked_loses_no_row"]),
    12: ("broken unit columns, implausible datasets, two titles of one content", [
        "sources/test_sources_quirks: test_a_unit_column_that_repeats_the_quantity",
        "sources/test_sources_quirks: test_a_dataset_that_grew_ninefold_in_a_year_is_a_break",
        "sources/test_sources_quirks: test_two_titles_with_one_content_are_found_out"]),
    13: ("magnitudes that are not counted, counts that are not summed", [
        "sources/test_sources_readers: test_sums_of_mixed_units_are_not_read",
        "fetching/test_fetching_live: test_events_are_added_up",
        "fetching/test_fetching_live: test_the_catalogue_is_whole"]),
    14: ("polygons that look valid and are wrong", [
        "sources/test_sources_polygons: test_a_damaged_polygon_refuses_the_file",
        "sources/test_sources_polygons: test_a_seat_outside_its_polygon"]),
    15: ("marks of thousands in coordinates, decimal points lost", [
        "sources/test_sources_quirks: test_a_longitude_with_marks_of_thousands",
        "sources/test_sources_readers: test_a_decimal_point_lost_in_a_script_is_out_of_bounds"]),
    16: ("series that break or stop", [
        "sources/test_sources_signs: test_the_year_of_theft_that_the_interface_cut_is_a_break",
        "sources/test_sources_evaluation: test_each_method_has_its_own_years",
        "sources/test_sources_evaluation: test_each_method_has_its_own_years_in_an_extract"]),
    17: ("money: Spanish amounts, stages that are not added", [
        "sources/test_sources_quirks: test_amounts_of_money_in_spanish",
        "sources/test_sources_quirks: test_stages_of_money_are_never_one_series"]),
    18: ("registers have a day on which they were cut", [
        "sources/test_sources_quirks: test_the_year_of_the_cut_of_a_register_is_not_read"]),
    19: ("two censuses, two populations", [
        "sources/test_sources_diff: test_two_censuses_are_two_editions_of_the_population",
        "sources/test_sources_diff: test_two_editions_of_a_population_differ_and_their_years_are_told_apart",
        "path/test_few_people: test_a_rate_names_its_denominator_and_breaks_where_it_changes"]),
    20: ("columns of code and name change places", [
        "sources/test_sources_quirks: test_columns_of_code_and_name_that_changed_places"]),
    21: ("nobody before a municipality was created", [
        "sources/test_sources_published_values: test_nobody_before_creation_is_no_denominator"]),
    22: ("years and areas as a program writes them", [
        "sources/test_sources_quirks: test_a_year_that_is_no_year",
        "sources/test_sources_quirks: test_an_area_with_a_decimal_comma_is_read_as_declared_only",
        "sources/test_sources_quirks: test_three_hundred_and_thirty_taken_for_thousands"]),
    23: ("values outside any range", [
        "sources/test_sources_evaluation: test_the_altitude_of_silvia_is_not_believed",
        "sources/test_sources_refusals: test_a_value_out_of_bounds"]),
    24: ("one word, two definitions", [
        "sources/test_sources_quirks: test_one_word_with_two_definitions_is_two_series",
        "sources/test_sources_readers: test_another_register_is_another_series"]),
    25: ("areas that a product leaves out are missing, not zero", [
        "sources/test_sources_readers: test_areas_that_are_not_measured_are_not_zero"]),
    26: ("figures nobody can trace to a file", [
        "publication/test_refusal: test_a_bare_number_is_refused",
        "sources/test_sources_refusals: test_a_description_that_does_not_say_where_its_file_is_from_is_refused"]),
    27: ("a point can lie about the place", [
        "sources/test_sources_quirks: test_an_event_counts_where_its_point_lies_and_nowhere_where_it_has_none",
        "sources/test_sources_readers: test_events_known_by_department_only_are_in_no_municipality"]),
}  # fmt: skip


def test_there_are_twenty_seven() -> None:
    assert [*CHECKLIST] == [*range(1, 28)]


@pytest.mark.parametrize("number", CHECKLIST, ids=str)
def test_each_has_its_test(number: int) -> None:
    for named in CHECKLIST[number][1]:
        file, _, test = named.partition(": ")
        tree = ast.parse((TESTS / f"{file}.py").read_text(encoding="utf-8"))
        held = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert test in held, (
            f"{file} has no {test}: oddity {number} ({CHECKLIST[number][0]}) would go unnoticed"
        )
