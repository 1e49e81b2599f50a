{# Settings of a table that lives as long as a batch: its parts are not merged, which would cost as much as writing them anew and gain nothing.
   Mutations are not affected. However many parts a large drop makes, none is refused; a server that merges what is old leaves these alone. #}
max_bytes_to_merge_at_min_space_in_pool = 1, max_bytes_to_merge_at_max_space_in_pool = 1, min_age_to_force_merge_seconds = 0,
    parts_to_delay_insert = 1000000, parts_to_throw_insert = 1000000
