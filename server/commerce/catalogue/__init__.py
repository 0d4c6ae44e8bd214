"""The catalogue: what a shop sells, found by words and by meaning, with everything that may be said of it before a purchase.

`Catalogue` reads the goods from the database and keeps the search index; the other modules are pure functions on products. No
conversation, no order and no customer is known here.
"""
