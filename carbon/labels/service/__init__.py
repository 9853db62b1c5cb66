"""The label service: estimates at checkout, labels of orders and products, and the page that shows each calculation."""
