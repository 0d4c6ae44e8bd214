-- The addresses of a customer are replaced with each new order of theirs: found by customer, not by reading them all.

CREATE INDEX store_customer_contacts_customer ON store_customer_contacts (customer_id);
