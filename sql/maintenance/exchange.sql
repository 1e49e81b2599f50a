-- Two tables trade names, at once.
EXCHANGE TABLES {{ one }} AND {{ other }} {{ on_cluster }}
