"""What exports call the fields of the contract, and their values; names in lower case, other characters than letters and digits as `_`.

From the public column names of AppsFlyer raw data, Adjust raw exports, Branch, the GA4 export to BigQuery, OpenRTB, Google Ads, Meta,
TikTok, The Trade Desk, Snowplow and common logs. The first name that a file has wins. To teach `ads source new` another name, add it here.
"""

import re

FIELD_NAMES = {
    "event_time": (
        "event_time", "event_timestamp", "event_ts", "timestamp", "timestamp_ms", "timestamp_us", "time", "ts", "ts_ms", "when", "datetime",
        "date_time", "occurred_at", "created_at", "clicked_at",
        "click_time", "impression_time", "conversion_time", "conversion_date_time", "install_time", "installed_at", "server_time",
        "request_time", "log_time", "at", "date", "day", "event_date", "date_start", "reporting_starts",
        "segments_date", "time_period", "by_day", "stat_time_day", "event_created_on", "start_date", "start_time", "date_occurred",
        "derived_tstamp", "collector_tstamp", "log_entry_time",
    ),
    "event_id": (
        "event_id", "event_uuid", "uuid", "guid", "impression_id", "imp_id", "impid", "click_id", "conversion_id", "transaction_id",
        "order_id", "request_id", "bid_id", "bidid", "auction_id", "insert_id", "message_id", "nonce",
        "gclid", "fbclid", "id", "appsflyer_id",
    ),
    "event_type": (
        "event_type", "event_name", "activity_kind", "event", "action", "kind", "type", "conversion_action",
    ),
    "campaign_id": (
        "campaign_id", "campaignid", "cid", "campaign", "campaign_name", "network_campaign_id", "utm_campaign", "utm_id",
        "campaign_key", "traffic_source_name", "collected_traffic_source_manual_campaign_id", "ad_campaign", "line_item_id",
    ),
    "ad_id": (
        "ad_id", "creative_id", "crid", "ad", "ad_name", "creative", "creative_name", "ad_group_ad_ad_id", "utm_content",
        "adset_id", "ad_group_id", "adgroup_id", "adgroup",
    ),
    "publisher_id": (
        "publisher_id", "publisher", "site_id", "media_source", "publisher_name", "network_name", "placement_id", "placement",
        "site_domain", "domain", "app_bundle", "site", "utm_source", "traffic_source_source", "publisher_platform",
    ),
    "user_id": (
        "user_id", "customer_user_id", "userid", "user", "user_pseudo_id", "visitor_id", "client_id", "device_id", "user_key",
        "anonymous_id", "developer_identity", "idfa", "gps_adid", "advertising_id", "adid", "ifa", "device_ifa", "cookie_id", "distinct_id",
        "user_hash", "hashed_user_id", "idfv", "gaid", "aaid", "rida", "muid", "tdid",
    ),
    "country": ("country", "country_code", "geo_country", "device_geo_country", "geo", "country_iso"),
    "device": ("device", "device_type", "device_type_name", "device_category", "devicetype", "platform", "impression_device"),
    "cost": (
        "cost", "cost_value", "spend", "amount_spent", "media_cost", "ad_cost", "cost_amount", "cost_micros", "metrics_cost_micros",
        "bid_price", "win_price", "clearing_price", "price", "amount", "total_spent", "spent", "total_cost", "total_spend",
        "media_cost_usd", "cost_usd", "cost_eur", "spend_usd", "spend_eur", "advertiser_cost_in_us_dollars",
    ),
    "revenue": (
        "revenue", "revenue_in_usd", "reporting_revenue", "event_revenue_usd", "event_revenue", "revenue_usd", "revenue_float",
        "conversion_value", "conversions_value", "ecommerce_purchase_revenue", "event_value_in_usd",
        "purchase_value", "order_value", "metrics_conversions_value", "total_conversion_value", "usd_amount", "sales",
        "revenue_eur", "7_day_total_sales", "14_day_total_sales", "revenue_generated_all_client_attribution",
        "tr_total",
    ),
}  # fmt: skip

NO_IDS = re.compile(r"user|device|visitor|client|cookie|session|anonym|idf[av]|adid|campaign|creative|\bad_|group|site|advertis")
"""What columns are called that hold ids of something else than an event."""

ID_FORM = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?=.*[0-9])[0-9A-Za-z_-]{16,128}")
"""Ids that something made: UUIDs, hashes, and the like."""

ENDS = {
    "event_time": ("properties_time",),
    "event_id": ("_insert_id", "_message_id"),
    "campaign_id": ("_campaign_id", "_campaign", "_campaign_name"),
    "ad_id": ("_ad_id", "_creative_id"),
    "publisher_id": ("_publisher_id", "_site_id", "_partner_name"),
    "user_id": ("_user_id", "_distinct_id", "_developer_identity", "_anonymous_id", "_device_id", "_idfa", "_aaid"),
    "country": ("_country_code", "_country"),
    "device": ("_device_type", "_device_category"),
    "cost": ("_cost", "_spend"),
    "revenue": ("_revenue_in_usd", "_revenue_usd", "_revenue"),
}
"""Ends of longer names, taken where no column has one of `FIELD_NAMES`: `last_touch_data_campaign_id`."""

NO_EVENT = ("touch", "attribut", "match", "format")
"""Words in the names of columns whose values are those of events, and which tell of something else."""

SHARED_IDS = ("appsflyer_id", "auction_id", "bid_id", "bidid", "request_id", "order_id", "gclid", "fbclid")
"""Ids that several events of a user, an auction or an order may share: the kind and the time of the event are written behind them."""

EVENT_WORDS = {
    "impression": ("impression", "imp", "view", "ad_impression", "ad_view", "served", "show", "win", "bidwon"),
    "click": ("click", "ad_click", "ad_clicked", "tap", "outbound_click"),
    "conversion": (
        "conversion", "install", "reattribution", "re_attribution", "reengagement", "re_engagement", "purchase", "af_purchase",
        "in_app_purchase", "first_open", "sale", "lead", "sign_up", "signed_up", "subscribe", "complete_registration", "order",
        "order_completed", "checkout_completed", "generate_lead", "iap", "ad_conversion",
    ),
}  # fmt: skip

DEVICE_WORDS = re.compile(r"phone|mobile|tablet|ipad|desktop|computer|\bpc\b|\btv\b|ctv|ios|android|\bweb\b", re.IGNORECASE)
"""What tells of a kind of device in the texts of a column."""

NOTHING_WORDS = ("", "n/a", "na", "none", "null", "nan", "-", "--", "(not set)", "(none)", "undefined", "unknown")
"""Texts that exports write where there is nothing."""

TYPE_HINTS = {"conversion": ("install", "conversion", "purchase", "order", "revenue"), "click": ("click",)}
"""Words in the names of columns that tell of what a file holds where no column says it."""

EXPORTS = {
    "adjust": ({"activity_kind", "created_at"}, {"activity_kind", "tracker"}),
    "appsflyer": ({"appsflyer_id", "event_name"}, {"appsflyer_id", "install_time"}),
    "cm360": ({"event_time", "campaign_id", "event_sub_type"}, {"event_time", "impression_id", "placement_id"}),
    "ga4": ({"event_timestamp", "event_name", "event_params"},),
    "google_ads": (
        {"day", "campaign_id", "impr"}, {"day", "campaign", "impr"}, {"segments_date", "metrics_impressions"},
        {"segments_date", "metrics_clicks"},
    ),
    "meta_ads": ({"amount_spent", "reporting_starts"}, {"amount_spent", "day"}, {"date_start", "date_stop", "spend"}),
    "microsoft_ads": ({"time_period", "spend", "impressions"}, {"time_period", "spend", "clicks"}, {"timeperiod", "spend"}),
    "openrtb": ({"id", "imp"}, {"request", "response"}, {"bid_request"}),
    "tiktok_ads": ({"clicks_destination", "cost"}, {"by_day", "cost", "impressions"}, {"stat_time_day", "spend"}),
}  # fmt: skip
"""Exports that shipped sources take: columns by which they are known, any of the sets."""

COUNTS = {
    "impression": ("impressions", "impr", "metrics_impressions", "imps", "displays", "views"),
    "click": ("link_clicks", "clicks", "clicks_all", "metrics_clicks", "swipes"),
    "conversion": (
        "conversions",
        "purchases",
        "results",
        "installs",
        "metrics_conversions",
        "total_conversions",
        "leads",
        "total_installs",
        "7_day_total_orders",
        "14_day_total_orders",
        "sales_all_client_attribution",
        "actions",
    ),
}
"""Columns of daily reports, by what they count: their rows are sums, not events."""

SUMS = {name for names in COUNTS.values() for name in names} | {"reach"}

CHANGING = ("status", "delivery", "state", "currency")
"""Ends of the names of columns that may change between two fetches of the same report."""

_CLOCK = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?"
_HOURS = r"(,? \d{1,2}:\d{2}(:\d{2})?( ?[AaPp][Mm])?)?"

TIMES = {
    "rfc3339": (re.compile(_CLOCK.replace("[ T]", "[Tt]") + r"([Zz]|[+-]\d{2}:\d{2})"), "RFC 3339 times", "as_is"),
    "utc": (re.compile(_CLOCK + r" ?(UTC|GMT|Z)"), "times marked as UTC", "local_time"),
    "offset": (re.compile(_CLOCK + r" ?[+-]\d{2}:?\d{2}"), "times with an offset", "local_time"),
    "plain": (re.compile(_CLOCK), "times without an offset", "local_time"),
    "minutes": (re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}"), "times without an offset and without seconds", "local_time"),
    "date": (re.compile(r"\d{4}-\d{2}-\d{2}"), "days", "local_time"),
    "compact": (re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])"), "days (YYYYMMDD)", "local_time"),
    "digits": (
        re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])([01]\d|2[0-3])[0-5]\d[0-5]\d(\d{3})?"),
        "times as digits alone",
        "local_time",
    ),
    "dots": (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}" + _HOURS), "times with the day first", "local_time"),
    "words": (
        re.compile(r"([A-Z][a-z]{2,8}, )?([A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2}\.?[ -][A-Z][a-z]{2,8}[ -]\d{4})" + _HOURS),
        "times with the name of the month",
        "local_time",
    ),
    "log": (
        re.compile(r"([A-Z][a-z]{2}, )?\d{1,2}([/ ])[A-Z][a-z]{2}\2\d{4}[: ]\d{2}:\d{2}:\d{2} ?([+-]\d{4}|GMT|UTC)"),
        "times as logs of web servers have them",
        "local_time",
    ),
    "eu": (re.compile(r"(1[3-9]|2\d|3[01])/\d{1,2}/\d{4}" + _HOURS), "times with the day first", "eu_time"),
    "us": (re.compile(r"\d{1,2}/\d{1,2}/\d{4}" + _HOURS), "times with the month first", "us_time"),
    "s": (re.compile(r"\d{9,10}(\.\d+)?"), "epoch seconds", "epoch_seconds"),
    "ms": (re.compile(r"\d{12,13}(\.\d+)?"), "epoch milliseconds", "epoch_millis"),
    "micros": (re.compile(r"\d{15,16}"), "epoch microseconds", "epoch_micros"),
    "ns": (re.compile(r"\d{18,19}"), "epoch nanoseconds", "epoch_nanos"),
}
"""Kinds of times: their form, what people call them, and the part that reads them."""
