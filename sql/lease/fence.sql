{# A condition that fails once a later run holds the lease: of statements that publish. #}
throwIf((SELECT max(generation) FROM {{ database }}.leases WHERE state IN ('held', 'released')) > {{ generation }}, 'another run holds the lease') = 0
