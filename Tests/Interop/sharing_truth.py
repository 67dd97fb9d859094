"""What sensors see in the sharing suite, and what a partner may learn of it.

The policy is worked out here from the very lines that are sent, by plain dictionaries: a record
leaves when `K` sensors saw it or it was seen `N` times, with times of whole hours, and a partner's
filter lets it through. Nothing of tidemark is asked.
"""
import collections
import random
import uuid

BASE = 1_700_000_400
SPAN = 6 * 3600
HOUR = 3600
K, N = 3, 400
STREAM = "pool"
EXCLUDED_ZONE = "secret.example.net"
CLIENT = "203.0.113.77"


class Sensor:
    """A sensor, and what the mixer is told of it."""

    def __init__(self, name, tlp="green", is_excluded=False):
        self.name, self.tlp, self.is_excluded = name, tlp, is_excluded
        self.uuid = str(uuid.uuid4())
        self.key = uuid.uuid4().hex + uuid.uuid4().hex
        self.lines = []

    @property
    def is_mixed(self):
        return self.tlp in ("clear", "green") and not self.is_excluded

    def see(self, time, name, kind, rdata, count):
        self.lines.append((time, name, kind, rdata, count))

    def text(self, start=0, end=None):
        """Lines as passivedns writes them."""
        return "".join(
            f"{time}.{number % 1_000_000:06d}||{CLIENT}||198.51.100.1||IN||{name}.||{kind}||"
            f"{rdata}||300||{count}\n"
            for number, (time, name, kind, rdata, count) in enumerate(self.lines[start:end])
        ).encode()


class Marks:
    """Texts that no partner may ever see. Each record that has to stay has one in its name."""

    def __init__(self, seed):
        self.marker = f"m{random.Random(seed).getrandbits(48):012x}q"
        self.names = 0

    def name(self, zone):
        self.names += 1
        return f"{self.marker}-{self.names}.{zone}"


class World:
    """Sensors and their lines: `observations` of them that count, and `marked` names besides."""

    def __init__(self, seed, observations, marked):
        self.random = random.Random(seed)
        self.marks = Marks(seed)
        self.good = [Sensor(f"{self.marks.marker}-s{number}") for number in range(6)]
        self.amber = Sensor(f"{self.marks.marker}-amber", tlp="amber")
        self.barred = Sensor(f"{self.marks.marker}-barred", is_excluded=True)
        # The window is let out when the last sensor of the stream has said something.
        self.closer = Sensor(f"{self.marks.marker}-closer")
        self.sensors = [*self.good, self.amber, self.barred, self.closer]
        self.add_common(observations)
        self.add_marked(marked)
        for sensor in self.sensors:
            self.random.shuffle(sensor.lines)
        self.closer.see(BASE, "closing.example.com", "A", "192.0.2.9", N)

    def time(self):
        return BASE + self.random.randrange(SPAN)

    def records(self, count):
        """(name, type, rdata) that may travel."""
        for number in range(count):
            name = f"h{number}.d{number % 997}.example.com"
            kind = number % 8
            if kind < 5:
                yield name, "A", f"198.51.{number // 250 % 100}.{number % 250 + 1}"
            elif kind == 5:
                yield name, "AAAA", f"2001:db8::{number % 65521 + 1:x}"
            elif kind == 6:
                yield name, "CNAME", f"w{number}.example.org."
            else:
                yield name, "NS", f"ns{number % 13}.example.net."

    def add_common(self, observations):
        """Records that any number of sensors sees, so that some are safe and some are not."""
        names = max(100, observations // 9)
        records = list(self.records(names))
        total = 0
        while total < observations:
            record = records[total % names] if total < names else self.random.choice(records)
            count = self.random.choice((1, 1, 2, 7))
            self.random.choice(self.good).see(self.time(), *record, count)
            total += 1
        # Seen by one sensor only, and so often that it is no secret.
        for number in range(200):
            self.good[0].see(self.time(), f"often{number}.example.com", "A", "192.0.2.1", N)

    def add_marked(self, count):
        """Records of every kind that must stay, each with a marker in its name or rdata."""
        several = self.good[:K + 1]
        for number in range(count):
            kind = number % 6
            if kind == 0:
                # Too few sensors, too few sightings.
                name = self.marks.name("example.com")
                for sensor in self.random.sample(self.good, K - 1):
                    sensor.see(self.time(), name, "A", "192.0.2.2", (N - 1) // K)
            elif kind == 1:
                # The one sensor too many is one whose records may not travel.
                name = self.marks.name("example.com")
                for sensor in [*self.random.sample(self.good, K - 1), self.amber, self.barred]:
                    sensor.see(self.time(), name, "A", "192.0.2.3", 1)
            elif kind == 2:
                zone = self.random.choice(("corp", "lan", "test"))
                self.everybody(several, self.marks.name(zone), "A", "192.0.2.4")
            elif kind == 3:
                self.everybody(several, self.marks.name("example.org"), "A",
                               f"10.{number % 250}.7.{number // 250 % 250}")
            elif kind == 4:
                self.everybody(several, self.marks.name(EXCLUDED_ZONE), "A", "192.0.2.5")
            else:
                self.everybody(several, f"alias{number}.example.com", "CNAME",
                               self.marks.name(EXCLUDED_ZONE) + ".")

    def everybody(self, sensors, name, kind, rdata):
        for sensor in sensors:
            sensor.see(self.time(), name, kind, rdata, 1)

    @property
    def secrets(self):
        """Octets that must not be in anything a partner has or gets."""
        ids = [text for sensor in self.sensors
               for text in (sensor.uuid, sensor.uuid.replace("-", ""), sensor.key)]
        raw = [uuid.UUID(sensor.uuid).bytes for sensor in self.sensors]
        return [text.encode() for text in (self.marks.marker, CLIENT, *ids)] + raw

    def pooled(self):
        """{record: (sensors, first, last, count)} of what the mixer may use."""
        pool = {}
        for sensor in self.sensors:
            if not sensor.is_mixed:
                continue
            for time, name, kind, rdata, count in sensor.lines:
                key = (name, kind, rdata.rstrip(".") if kind in ("CNAME", "NS") else rdata)
                old = pool.get(key)
                if old is None:
                    pool[key] = [{sensor.name}, time, time, count]
                else:
                    old[0].add(sensor.name)
                    old[1], old[2] = min(old[1], time), max(old[2], time)
                    old[3] += count
        return pool

    def released(self):
        """{record: (first, last, count)} of what the partner must have, no more and no less."""
        return {key: (first - first % HOUR, last - last % HOUR, count)
                for key, (sensors, first, last, count) in self.pooled().items()
                if (len(sensors) >= K or count >= N) and self.may_travel(key)}

    def may_travel(self, key):
        """What the partner's filter lets through, of what this world makes."""
        name, kind, rdata = key
        names = [name, rdata] if kind in ("CNAME", "NS") else [name]
        is_private = name.endswith((".corp", ".lan", ".test")) or rdata.startswith("10.")
        return not is_private and not any(
            text == EXCLUDED_ZONE or text.endswith("." + EXCLUDED_ZONE) for text in names)

    def check_itself(self):
        """The world has something of everything, or the suite would prove nothing."""
        kept = collections.Counter()
        for key, (sensors, _, _, count) in self.pooled().items():
            is_safe = len(sensors) >= K or count >= N
            kept["safe" if is_safe else "unsafe"] += 1
            kept["filtered"] += is_safe and not self.may_travel(key)
            kept["often"] += is_safe and len(sensors) < K
        if min(kept[what] for what in ("safe", "unsafe", "filtered", "often")) < 100:
            raise SystemExit(f"a world without contrasts: {kept}")
        marked = [key for key in self.released() if self.marks.marker in "".join(key)]
        if marked:
            raise SystemExit(f"the truth itself lets marked records out: {marked[:3]}")
        return kept
