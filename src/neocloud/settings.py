"""Every default, once, with its unit and meaning. Read at a door, and passed down."""

DATA_DIRECTORY = "./neocloud-data"
"""Where a data directory is looked for without `--data` or NEOCLOUD_DATA."""

HOLD_S = 7 * 24 * 3600
"""How long a hold takes capacity before it expires, unless told otherwise (seconds)."""

APPROVAL_S = 14 * 24 * 3600
"""How long what was asked of a second person can be approved (seconds; 14 days)."""

LONGEST_POLICY_S = 100 * 365 * 24 * 3600
"""A policy about leases longer than this is taken for a slip of the hand (seconds; 100 years)."""

WRITER_WAIT_S = 30
"""How long a writer waits for its turn before it says that the journal is locked (seconds)."""

RETRIES = 8
"""How often a decision is taken anew after a lost race before we give up."""

SNAPSHOT_EVERY_ENTRIES = 50_000
"""A snapshot is kept when the journal has grown by this many entries since the last one, at least."""

SNAPSHOT_EVERY_PART = 10
"""And by at least one part in so many of the entries of the last one: then keeping them costs an entry the same
in a long journal as in a short one (entries for one)."""

SNAPSHOTS_KEPT = 12
"""How many snapshots stay on disk: the newest, one in case it is damaged, and older ones spread over the journal
as evenly as may be, to look back from (files)."""

MOST_GPUS = 100_000_000
"""More GPUs than this in one number is taken for a slip of the hand."""

MOST_MONEY = 10**15
"""More than this in one price is taken for a slip of the hand (currency units)."""

MOST_MEGAWATTS = 1_000_000
"""More than this at one site is taken for a slip of the hand (MW)."""

OFFERED_POOLS = 3
"""How many other pools a refusal names at the most."""

WAYS_OUT_HITS = 3
"""For how many leases that a shortfall hits, those with most at stake, ways out are worked out at one site."""

WAYS_OUT_EACH = 3
"""How many ways out of each kind are shown at the most."""

NAMED_HOLDERS = 5
"""How many holders a refusal names at the most."""

MOST_SHEET_BYTES = 256 * 1024 * 1024
"""A larger file of sheets is not opened (bytes)."""

MOST_UNPACKED_BYTES = 1024 * 1024 * 1024
"""A workbook that unpacks to more is not opened (bytes)."""

MOST_CELLS = 5_000_000
"""More cells than this in one sheet are not read."""

EMPTY_ROWS = 5_000
"""After this many empty rows that a workbook goes out of its way to list, reading a sheet stops."""

IMPORTED_RANK = 100
"""The rank of an inside allocation whose sheet says none."""

NOTICE_SOON_DAYS = 14
"""A deadline, such as a last day for notice, is soon when it is this near; reminders look so far ahead (days)."""

NOTICE_NEAR_DAYS = 90
"""It is near when it is this near; the audit names last days for notice, and the calendar looks, so far (days)."""

MAIL_WAIT_S = 30
"""How long a mail server may take for one answer before a reminder is given up (seconds)."""

EXPORT_BLOCK_ROWS = 50_000
"""How many rows of an exported table are in memory at a time, and in one row group of its file (rows)."""

EXPORT_DAYS = 3_650
"""How far ahead daily capacity is exported at the most, where leases go further (days; ten years)."""

RECLAIM_MEMORY_S = 24 * 3600
"""Over how long the waits of inside jobs are looked back at before a reclaimable sale is given notice (seconds)."""

OBJECTIVE = "p95<30m"
"""Which waits of inside jobs are put up with."""

SHARES_SOLD = "0:0.4:0.02"
"""Which shares sold are replayed: from, to, step."""

LET_RATIO = "0.9"
"""Of the hours sold, how many are let."""

RECLAIM_LOOK_S = 3600
"""How often it is looked at whether a reclaimable sale is to be given notice, or may be sold again (seconds)."""

RESAMPLES = 200
"""How often weeks of a history are drawn anew, to see how far the knee moves."""

WARM_UP_S = 24 * 3600
"""Jobs submitted so soon after the first are replayed, and not measured: nothing is known of what ran before
(seconds)."""

READ_BLOCK_BYTES = 16 * 1024 * 1024
"""How much of a history in text is read at a time (bytes)."""

MOST_JSON_BYTES = 1024 * 1024 * 1024
"""A history in JSON that is larger is not read; the same in CSV or sacct's text may have any size (bytes)."""

LONGEST_RUN_S = 100 * 365 * 24 * 3600
"""A job that ran longer than this, or asked for more, is taken for a slip of the hand (seconds; 100 years)."""

LONGEST_HISTORY_S = 100 * 365 * 24 * 3600
"""A history that spans more than this has a time in it that is a slip of the hand (seconds; 100 years)."""

CLOCK_SLACK_S = 60
"""A job may start this long before it was submitted: the clocks of two machines differ (seconds)."""

PLAN_FUTURES = 16
"""Over how many futures opportunity costs are averaged in one plan."""

DESK_FUTURES = 5
"""The same of a desk, which plans every few days and keeps the last few plans: over all of them it has as many."""

PLAN_MOST_ROWS = 5_000
"""Pools and sites times periods in one plan at the most; with more, far periods get longer (rows of a program)."""

PLAN_KEPT = 4
"""Over how many plans, the last ones, they are averaged."""

PLAN_HORIZON_S = 90 * 24 * 3600
"""How far a plan looks ahead, unless told otherwise (seconds; 90 days)."""

PLAN_OPENINGS = 8
"""For how many requests that find no room a plan looks for leases that could give way, those worth most first."""

PLAN_OPENING_TRIES = 16
"""How many reclaims, and how many moves, are tried for each of them at the most."""

LONGEST_PLAN_S = 10 * 365 * 24 * 3600
"""A plan that is to look further ahead than this is refused (seconds; ten years)."""

REPLAN_S = 2 * 24 * 3600
"""How old a plan may be before a desk makes it anew (seconds; two days)."""

LEAVES_PER_DAY = 0.01
"""How likely a tenant that may leave at any time does so, each day (a rate; 0.01 is a mean stay of 100 days)."""

OUT_OF_ORDER_RATIO = "0.0003"
"""The part of GPUs out of order in a pool without a failure on record: 10.6 % a GPU-year, each repaired in a day."""

OUTAGE_MEMORY_S = 365 * 24 * 3600
"""How far back failures are looked at for the outage reserve (seconds; a year)."""

WATCH_EVERY_S = 24 * 3600
"""How old the prices admitted last may be before `plan watch` plans anew; older ones are warned of (seconds)."""

WATCH_BOOKINGS = 20
"""After how many leases booked since it plans anew as well."""

WATCH_LOOK_S = 5
"""How often it looks at the journal (seconds)."""

KEY_ROTATION_S = 24 * 3600
"""How long a key that is rotated still holds, unless told otherwise (seconds)."""

FIRST_KEY_S = 24 * 3600
"""How long the one-time key of the first admin may be used (seconds)."""

FOLLOW_EVERY_S = 0.1
"""How often the service looks for what other processes wrote, where the journal does not say so itself (seconds)."""

FOLLOW_ANYWAY_S = 2.0
"""And how often even where it does (seconds)."""

MOST_WRITES_WAITING = 1_000
"""More commands than this that wait for their turn are turned away (HTTP 503)."""

MOST_WRITES_WAITING_OF_ONE = 100
"""And more than this of one customer (HTTP 429): one alone does not fill the queue of all."""

MOST_WRITES_AT_ONCE = 256
"""So many commands at the most share one commit."""

KNOWN_WAIT_S = 5.0
"""How long a read waits for an entry that its `If-Known` names (seconds)."""

MOST_BODY_BYTES = 1024 * 1024
"""A larger body of a request is refused (bytes)."""

REQUEST_TIMEOUT_S = 60
"""A request that takes longer is broken off (seconds)."""

BODY_TIMEOUT_S = 20
"""A body that takes longer to come is not waited for (seconds)."""

MOST_HEAD_BYTES = 32 * 1024
"""A request with a longer head, its URL and headers, is refused (bytes; HTTP 431)."""

MOST_URL_BYTES = 8 * 1024
"""And one with a longer URL (bytes; HTTP 414)."""

MOST_HEADERS = 100
"""And one with more headers (HTTP 431)."""

HEAD_TIMEOUT_S = 10.0
"""A head that takes longer to come is not waited for, and the connection ends (seconds)."""

KEEP_ALIVE_S = 30
"""How long a connection may be idle between two requests (seconds)."""

STALL_S = 60.0
"""Who takes nothing of an answer for so long is cut off (seconds)."""

MOST_REQUESTS_AT_ONCE = 512
"""More requests at a time than this are turned away (HTTP 503)."""

CUSTOMER_REQUESTS_PER_S = 50
"""So many requests a second of one customer are answered, by all of its keys together, in the long run (HTTP 429)."""

CUSTOMER_BURST = 200
"""And so many at once, after a pause (requests)."""

WRONG_KEYS_PER_S = 0.5
"""So many requests a second from one address with a key that does not hold are told so; more are told to wait (HTTP
429)."""

WRONG_KEYS_BURST = 30
"""And so many at once, after a pause (requests)."""

MOST_CALLERS = 10_000
"""So many customers, and so many addresses, are told apart at a time, twice over; those beyond count as one
(callers)."""

PAGE_ITEMS = 100
"""How many items a page of a listing has, unless asked otherwise."""

MOST_PAGE_ITEMS = 1_000
"""And at the most."""

PAGE_LOOKS = 5_000
"""So many things are looked at for a page of a listing; where few of them are wanted, it is short and has a next."""

SERVE_HOST = "127.0.0.1"
"""Where the service listens, unless told otherwise."""

SERVE_PORT = 8080
"""And at which port."""

MOST_KEPT_BYTES = 32 * 2**20
"""So much of answers about capacity is kept at the most, while nothing changes and the minute lasts (bytes)."""

MOST_PAST_WORLDS = 4
"""So many worlds as they were known are kept at the most, for who looks back by `known_at` again."""

MOST_PAST_ENTRIES = 1_000_000
"""And no more than come to so many entries together, but for the last (a memory's worth: 1 to 3 KB an entry)."""

METRICS_KEPT_S = 5
"""For how long the gauges of the world at `/metrics` are shown again (seconds)."""

HOLDS_SOON_S = 24 * 3600
"""Holds that run out within this time are counted there (seconds; a day)."""

GRACE_S = 20
"""How long requests that have begun may go on when the service stops (seconds)."""

SESSION_S = 12 * 3600
"""How long who has signed in stays so (seconds)."""

SIGN_IN_S = 600
"""How long signing in may take (seconds)."""

EVENTS_KEPT = 5_000
"""So many of the last entries are kept in memory for those who listen; older ones are read from the journal."""

EVENTS_PAGE = 200
"""So many entries at a time are read, and sent, to who listens from an earlier entry on."""

MOST_LISTENERS = 5_000
"""More streams of events at a time than this are turned away (HTTP 503)."""

LISTENER_QUEUE = 1_000
"""A listener that is more events behind than this has its stream ended, and goes on by its Last-Event-ID."""

HEARTBEAT_S = 15.0
"""A stream of events without any is sent a comment this often (seconds)."""

LISTENER_STALL_S = 60.0
"""A listener that takes nothing for so long, though there is something for it, is let go (seconds)."""

MOST_WEBHOOKS = 100
"""More webhooks than this, of one tenant or of the operator, are refused."""

WEBHOOK_TIMEOUT_S = 15.0
"""A webhook that has not answered after this has failed, for this time (seconds)."""

WEBHOOK_FIRST_RETRY_S = 5.0
"""How long after the first failure an event is sent again; after each next, twice as long (seconds)."""

WEBHOOK_LONGEST_RETRY_S = 3_600.0
"""But no longer than this (seconds)."""

WEBHOOK_TRIES = 40
"""After so many tries an event is recorded as failed, and passed over."""

DIGEST_TRIES = 5
"""A digest of deadlines is sent so often at the most, with the same pauses: a minute and a quarter of them."""

WEBHOOK_GIVE_UP_S = 24 * 3600
"""And so long after the first of them, however few there were (seconds)."""

WEBHOOK_PROGRESS_S = 10.0
"""How far a webhook has come is written down this often at the most, and when the service stops (seconds)."""

WEBHOOK_PASSED_OVER = 10_000
"""It is also written after so many entries that were not for it, so that a new start need not look at them again."""

WEBHOOKS_AT_ONCE = 16
"""So many webhooks of one tenant, or of the operator, are sent something at the same time at the most."""

WEBHOOK_ROTATION_S = 24 * 3600
"""How long the secret before signs as well, after a webhook is rotated (seconds)."""

WEBHOOK_FAILURES_KEPT = 100
"""So many of the last failures of a webhook are kept."""

WEBHOOK_LOOK_S = 2.0
"""How often a process looks whether it is the one that sends webhooks (seconds)."""

SERVICE_SECRET_FILE = "service-secret"
"""The file of the data directory that holds the service's secret, where NEOCLOUD_SERVICE_SECRET names none."""

CLIENT_TRIES = 5
"""How often a client asks the same at the most, where there is no answer or the server is not ready (tries)."""

CLIENT_WITHIN_S = 60
"""And within which time (seconds)."""

CLIENT_PAUSE_S = 0.2
"""About how long its first pause is; each next one is twice as long (seconds)."""

CLIENT_TIMEOUT_S = 70
"""How long it waits for an answer: longer than the server works on one (seconds)."""

CLIENT_CONNECT_S = 5
"""How long it waits for a connection (seconds)."""

EVENTS_SILENCE_S = 90
"""After so long without a sign of life it takes a stream of events for dead (seconds)."""

FOLLOWED_EVERY_ENTRIES = 1_000
"""The command line keeps a snapshot of a server's journal when it has grown by so many entries, at least."""

FOLLOWED_EVERY_PART = 50
"""And by at least one part in so many of the entries of the last one (entries for one)."""

MOST_UPLOAD_BYTES = 64 * 1024 * 1024
"""A larger body of commands, or a larger price set, is refused (bytes)."""
