-- grain: one line of a small drop: many small drops are brought together here by cheap inserts, and judged by one
CREATE TABLE {{ gathered }} (drop_no UInt32, line_number UInt64, line String) ENGINE = StripeLog
