"""Seen from above: what satellite images say of land, as a map that helps a sample; never an area by itself.

layout       bands and dates that a cube has and a model asks for; refused where they differ
catalogue    sensors, cloud masks and endpoints as data (known/*.yml); items of a STAC catalogue; steps of time
reading      one block of scenes or files as an array (odc-stac, rasterio), clear pixels only
kernels      loops over pixels: gaps, smoothing, percentiles, harmonics
features     from a series to what a classifier reads; indices
samples      labelled series with place and year, and the faults of a table of them
quality      places there twice, labels that look wrong, classes tied to one year
classify     Random Forest, SVM and LightGBM behind fit, predict_proba and meta
envelope     which pixels are unlike all that a model was trained on
validation   random, by place, by block, by year, side by side: model selection, not map accuracy
masking      land not worth a classifier, by one rule; what it leaves out is a stratum of its own
cells        shares of classes in cells of a least size
runlength    how many looks until an alarm: limits of CUSUM and EWMA
breaks       a season fitted to a stable history, and what breaks with it
alerts       public alerts decoded, by cell and week (alert_raster reads their files)

Everything heavy (scikit-learn, LightGBM, rasterio, odc-stac, zarr) is imported when it is used and comes with the
extra `imagery`. Nothing here writes to disk.
"""
