-- grain: one line of a drop: small drops are brought together here by cheap inserts, and judged by one statement;
-- so are those of a source whose SELECT may change the number of lines, which are counted here
-- run again: the next run makes one of its own; this one is dropped with what a run left behind
CREATE TABLE {{ gathered }} (drop_no UInt32, line_number UInt64, line String) ENGINE = StripeLog
