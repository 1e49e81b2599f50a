-- What `ads init` needs besides what a writer may: to make, change and drop tables and views.
GRANT {{ on_cluster }}
    CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, ALTER, SELECT, INSERT ON {{ database }}.*,
    CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, ALTER, SELECT, INSERT ON {{ local }}.*,
    CLUSTER ON *.*
TO {{ role }}
