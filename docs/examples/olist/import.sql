-- Orders of the Olist data set as canonical orders: one row per parcel. Run it in the folder of the seven files:
--
--     carbon import import.sql -o orders.parquet
--
-- Files may be .csv or .csv.gz (a row that stands in both counts once). A seller ships its own parcel, so an order's
-- items of one seller are one parcel.
-- Nothing is filtered: an order without items has no goods and no origin, one whose customer is unknown no destination,
-- one that was cancelled before a carrier had it no date; such rows stay, and end as rejects with their reason.

CREATE TEMP TABLE orders AS
SELECT DISTINCT order_id, customer_id,
       coalesce(try_cast(order_delivered_carrier_date AS TIMESTAMP),
                CASE WHEN order_status IN ('canceled', 'unavailable') THEN NULL
                     ELSE coalesce(try_cast(order_approved_at AS TIMESTAMP), try_cast(order_purchase_timestamp AS TIMESTAMP))
                END)::DATE AS shipped_on
FROM read_csv('olist_orders_dataset.csv*', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"');

-- One point per postcode prefix. The published file has many points each, some far outside Brazil.
CREATE TEMP TABLE spots AS
SELECT lpad(nullif(trim(geolocation_zip_code_prefix), ''), 5, '0') AS prefix,
       round(avg(try_cast(geolocation_lat AS DOUBLE)), 4) AS latitude,
       round(avg(try_cast(geolocation_lng AS DOUBLE)), 4) AS longitude
FROM read_csv('olist_geolocation*.csv*', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"')
WHERE try_cast(geolocation_lat AS DOUBLE) BETWEEN -34 AND 6 AND try_cast(geolocation_lng AS DOUBLE) BETWEEN -74 AND -28
GROUP BY prefix;

CREATE TEMP TABLE customers AS
SELECT customer_id, min(lpad(nullif(trim(customer_zip_code_prefix), ''), 5, '0')) AS prefix, min(trim(customer_city)) AS city
FROM read_csv('olist_customers_dataset.csv*', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"')
GROUP BY customer_id;

CREATE TEMP TABLE sellers AS
SELECT seller_id, min(lpad(nullif(trim(seller_zip_code_prefix), ''), 5, '0')) AS prefix, min(trim(seller_city)) AS city
FROM read_csv('olist_sellers_dataset.csv*', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"')
GROUP BY seller_id;

-- Grams to kg and cubic centimetres to m3; zero means unknown there.
CREATE TEMP TABLE products AS
SELECT product_id,
       min(nullif(try_cast(product_weight_g AS DOUBLE), 0)) / 1e3 AS mass_kg,
       min(nullif(try_cast(product_length_cm AS DOUBLE) * try_cast(product_height_cm AS DOUBLE)
                        * try_cast(product_width_cm AS DOUBLE), 0)) / 1e6 AS volume_m3,
       min(coalesce(names.english, nullif(trim(product_category_name), ''))) AS category
FROM read_csv('olist_products_dataset.csv*', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"')
LEFT JOIN (SELECT product_category_name AS portuguese, min(product_category_name_english) AS english
           FROM read_csv('product_category_name_translation.csv*', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"')
           GROUP BY portuguese) AS names ON names.portuguese = product_category_name
GROUP BY product_id;

-- A sum counts only if every item has the value; a category only if all items share it.
CREATE TEMP TABLE parcels AS
SELECT order_id, seller_id,
       CASE WHEN count(mass_kg) = count(*) THEN round(sum(mass_kg), 6) END AS goods_mass_kg,
       CASE WHEN count(volume_m3) = count(*) THEN round(sum(volume_m3), 9) END AS goods_volume_m3,
       count(*)::INTEGER AS item_count,
       CASE WHEN count(category) = count(*) AND min(category) = max(category) THEN min(category) END AS product_category,
       CASE WHEN count(try_cast(price AS DOUBLE)) = count(*) THEN round(sum(try_cast(price AS DOUBLE)), 2) END AS goods_value
FROM (SELECT DISTINCT order_id, order_item_id, product_id, seller_id, price
      FROM read_csv('olist_order_items_dataset.csv*', all_varchar = true, header = true, delim = ',', quote = '"', escape = '"'))
LEFT JOIN products USING (product_id)
GROUP BY order_id, seller_id;

SELECT CASE WHEN seller_id IS NULL THEN orders.order_id ELSE orders.order_id || '-' || seller_id END AS parcel_id,
       orders.order_id,
       shipped_on,
       'standard' AS service,
       CASE WHEN seller_id IS NOT NULL THEN 'BR' END AS origin_country,
       sellers.prefix AS origin_postcode,
       sellers.city AS origin_city,
       start.latitude AS origin_latitude,
       start.longitude AS origin_longitude,
       CASE WHEN customers.customer_id IS NOT NULL THEN 'BR' END AS destination_country,
       customers.prefix AS destination_postcode,
       customers.city AS destination_city,
       finish.latitude AS destination_latitude,
       finish.longitude AS destination_longitude,
       goods_mass_kg,
       goods_volume_m3,
       item_count,
       product_category,
       goods_value,
       CASE WHEN goods_value IS NOT NULL THEN 'BRL' END AS currency
FROM orders
LEFT JOIN parcels ON parcels.order_id = orders.order_id
LEFT JOIN sellers USING (seller_id)
LEFT JOIN customers USING (customer_id)
LEFT JOIN spots AS start ON start.prefix = sellers.prefix
LEFT JOIN spots AS finish ON finish.prefix = customers.prefix
ORDER BY orders.order_id, parcel_id;
