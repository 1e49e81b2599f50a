{# The places of an event that may name a person: (text, whether it is other than the user id). #}
arrayJoin(arrayConcat(
    [(user_id, false)],
    arrayMap(part -> (part, true), arrayDistinct(arrayConcat(
        parts_of(arrayStringConcat(arrayConcat([event_id, toString(campaign_id), ad_id, toString(publisher_id)], mapValues(attributes)), ' ')),
        mapValues(attributes)))))) AS named
