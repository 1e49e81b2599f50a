{# What stands for a text in the list of people who were erased. The keys are those of HMAC: the secret, padded, once for each of its two steps.
   On 24.10 a lambda is known only in the SELECT that names it. #}
text -> SHA256(concat(unhex({outer_key:String}), SHA256(concat(unhex({inner_key:String}), text)))) AS hashed
