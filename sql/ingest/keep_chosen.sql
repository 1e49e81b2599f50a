-- grain: one drop to be loaded, as `chosen` has it
INSERT INTO {{ chosen }}
{{ select }}
