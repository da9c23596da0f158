"""How much land is it: areas, accuracies and their errors from a probability sample, with a map as helper.

sample         what was drawn and seen: strata, map classes, reference classes
stratified     area by class; post-stratified after a simple sample
accuracy       overall, user's and producer's accuracy, also where strata are not map classes (Stehman 2014)
assisted       ratio and difference (prediction-powered) estimators with a map known everywhere
intervals      beta, Wilson and bootstrap intervals beside Wald's, and a warning where a stratum has few hits
small_area     Fay-Herriot estimates for places with few points, with their mean squared error
strata         strata from a map, a buffer around it and last year's map
allocation     points by stratum for a precision or a budget; what more points would buy
drawing        seeded samples; blind forms for interpreters
agreement      do interpreters agree; what they say together
acatama, collect_earth   files of the tools that interpreters use
simulation     does a design's interval cover what it says
suppression    cells that must not be published, and those that would give them away

Area level only: no function returns where a class was seen.
"""
