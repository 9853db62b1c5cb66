"""What a label says of a delivery, an order or a product, and its renderings."""
