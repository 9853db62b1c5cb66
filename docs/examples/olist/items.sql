-- Items of the Olist data set, for `carbon pack` and `carbon cartons`: one row per parcel and article. In the folder of the
-- seven files:
--
--     duckdb -c "COPY ($(cat items.sql)) TO 'items.parquet'"
--
-- Grams to kg and centimetres to m; zero means unknown there.
SELECT order_id || '-' || seller_id AS parcel_id,
       product_id AS sku,
       count(*)::INTEGER AS quantity,
       any_value(nullif(trim(product_category_name), '')) AS product_category,
       any_value(nullif(try_cast(product_weight_g AS DOUBLE), 0)) / 1e3 AS unit_mass_kg,
       any_value(nullif(try_cast(product_length_cm AS DOUBLE), 0)) / 1e2 AS length_m,
       any_value(nullif(try_cast(product_width_cm AS DOUBLE), 0)) / 1e2 AS width_m,
       any_value(nullif(try_cast(product_height_cm AS DOUBLE), 0)) / 1e2 AS height_m
FROM (SELECT DISTINCT order_id, order_item_id, product_id, seller_id
      FROM read_csv('olist_order_items_dataset.csv*', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"'))
LEFT JOIN read_csv('olist_products_dataset.csv*', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"')
       USING (product_id)
GROUP BY order_id, seller_id, product_id
ORDER BY parcel_id, sku
