"""The results of Nexmark's queries computed by a program of its own: what bench/nexmark/*.sql must give over the same events.

result(query, persons, auctions, bids) takes lists of decoded JSON values and gives the multiset of the result's rows: a list,
or for a table a dictionary from key to row. Rows are dictionaries by column name in upper case.
"""
import decimal
import re
from collections import Counter, defaultdict


def euros(price):
    return decimal.Decimal("0.908") * price


def named(**columns):
    return {name.upper(): value for name, value in columns.items()}


def pick(row, *names):
    return {name.upper(): row[name] for name in names}


def q0(persons, auctions, bids):
    return [pick(b, "auction", "bidder", "price", "date_time", "extra") for b in bids]


def q1(persons, auctions, bids):
    return [dict(pick(b, "auction", "bidder", "date_time", "extra"), PRICE=euros(b["price"])) for b in bids]


def q2(persons, auctions, bids):
    return [pick(b, "auction", "price") for b in bids if b["auction"] % 123 == 0]


def q3(persons, auctions, bids):
    by_id = {p["id"]: p for p in persons}
    return [named(name=p["name"], city=p["city"], state=p["state"], auction=a["id"])
            for a in auctions if a["category"] == 10
            for p in [by_id.get(a["seller"])] if p and p["state"] in ("or", "id", "ca")]


def q5(persons, auctions, bids):
    counts = defaultdict(Counter)
    newest = 0
    for b in bids:
        newest = max(newest, b["date_time"])
        last = b["date_time"] // 2000 * 2000
        for begun in range(last - 8000, last + 1, 2000):
            if begun >= 0:
                counts[begun][b["auction"]] += 1
    result = {}
    for begun, counter in counts.items():
        if begun + 10000 <= newest:
            most = max(counter.values())
            result[begun] = named(num=most, auctions=sorted(a for a, n in counter.items() if n == most))
    return result


def q8(persons, auctions, bids):
    by_id = {p["id"]: p for p in persons}
    result = Counter()
    for a in auctions:
        p = by_id.get(a["seller"])
        if p and p["date_time"] // 10000 == a["date_time"] // 10000:
            result[(p["id"], p["name"], p["date_time"] // 10000 * 10000)] += 1
    return {key: named(auctions=n) for key, n in result.items()}


def q11(persons, auctions, bids):
    times = defaultdict(list)
    for b in bids:
        times[b["bidder"]].append(b["date_time"])
    result = {}
    for bidder, all_times in times.items():
        all_times.sort()
        first = last = all_times[0]
        count = 0
        for t in all_times + [None]:
            if t is not None and t - last <= 10000:
                count += 1
                last = t
                continue
            result[(bidder, first, last)] = named(bids=count, begun=first, ended=last)
            first = last = t
            count = 1
    return result


def q13(persons, auctions, bids):
    return [dict(pick(b, "auction", "bidder", "price", "date_time"), VALUE="side-%d" % (b["auction"] % 10000)) for b in bids]


def q14(persons, auctions, bids):
    def time_type(hour):
        if 8 <= hour <= 18:
            return "dayTime"
        return "nightTime" if hour <= 6 or hour >= 20 else "otherTime"
    return [dict(pick(b, "auction", "bidder", "date_time", "extra"), PRICE=euros(b["price"]),
                 BID_TIME_TYPE=time_type(b["date_time"] // 3600000 % 24), C_COUNTS=b["extra"].count("c"))
            for b in bids if 1000000 < euros(b["price"]) < 50000000]


def q17(persons, auctions, bids):
    prices = defaultdict(list)
    for b in bids:
        prices[(b["auction"], b["date_time"] // 86400000)].append(b["price"])
    return {key: named(total_bids=len(p), rank1_bids=sum(x < 10000 for x in p), rank2_bids=sum(10000 <= x < 1000000 for x in p),
                       rank3_bids=sum(x >= 1000000 for x in p), min_price=min(p), max_price=max(p), avg_price=sum(p) / len(p),
                       sum_price=sum(p)) for key, p in prices.items()}


def q20(persons, auctions, bids):
    by_id = {a["id"]: a for a in auctions if a["category"] == 10}
    return [dict(pick(b, "bidder", "price", "channel", "url"), BID_TIME=b["date_time"], AUCTION_TIME=a["date_time"],
                 **pick(a, "item_name", "description", "initial_bid", "reserve", "expires", "seller", "category"))
            for b in bids for a in [by_id.get(b["auction"])] if a]


def q21(persons, auctions, bids):
    known = {"apple": "0", "google": "1", "facebook": "2", "baidu": "3"}
    result = []
    for b in bids:
        found = re.search("(&|^)channel_id=([^&]*)", b["url"])
        channel_id = known.get(b["channel"].lower()) or (found.group(2) if found else None)
        if channel_id is not None:
            result.append(dict(pick(b, "auction", "bidder", "price", "channel"), CHANNEL_ID=channel_id))
    return result


def q22(persons, auctions, bids):
    result = []
    for b in bids:
        pieces = b["url"].split("/")
        result.append(dict(pick(b, "auction", "bidder", "price", "channel"), DIR1=pieces[3], DIR2=pieces[4], DIR3=pieces[5]))
    return result


QUERIES = {name: value for name, value in globals().items() if re.fullmatch(r"q\d+", name)}


def result(query, persons, auctions, bids):
    return QUERIES[query](persons, auctions, bids)
