-- grain: one drop that is being taken back
SELECT drop FROM drops FINAL WHERE status = 'forgotten' AND batch = {batch:String}
