import DNSWire
import Glibc
import TidemarkModel
import TidemarkPatterns
import TidemarkQuery
import TidemarkRocksDB
import TidemarkStore

/// Searches through every name of a store on one thread, per second of processor time: ordinary
/// patterns, and patterns that make backtracking engines take for ever or automata explode.
enum NamesBench {
  static func run(store path: String, names: Int, rounds: Int, seed: UInt64) throws {
    if unsafe access(path, F_OK) != 0 { try fill(path, names: names, seed: seed) }
    let store = try RocksDBStore(path: path, mode: .write(create: false))
    let plain = try best(rounds) { try walk(store) }
    print("names \(plain.names)")
    print("plain_names_per_second \(Int(plain.rate))")
    let text = try best(rounds) { try walkText(store) }
    print("text_names_per_second \(Int(text.rate))")
    // The figures below are of this process from here on, without what filling took.
    forgetPeak()
    let before = memory("VmRSS:")
    var worst = (ratio: 0.0, pattern: "")
    for (kind, patterns) in [("ordinary", ordinary), ("evil", evil)] {
      var slowest = Double.infinity
      var fastest = 0.0
      for pattern in patterns {
        let search = try best(rounds) { try self.search(store, names: plain.names, pattern) }
        slowest = min(slowest, search.rate)
        fastest = max(fastest, search.rate)
        let ratio = plain.rate / search.rate
        if ratio > worst.ratio { worst = (ratio, pattern) }
        print("pattern \(Int(search.rate)) \(search.names) \(ratio) \(pattern)")
      }
      print("\(kind)_slowest_names_per_second \(Int(slowest))")
      print("\(kind)_fastest_names_per_second \(Int(fastest))")
    }
    print("worst_ratio \(worst.ratio) \(worst.pattern)")
    print("patterns \(ordinary.count + evil.count)")
    print("memory_megabytes_before \(before)")
    print("memory_megabytes_peak \(memory("VmHWM:"))")
  }

  private typealias Pass = (names: Int, rate: Double)

  /// Processor time of this thread, so that what else runs on the machine counts little.
  private static func processorSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// The best of several passes; each gives names searched and names found.
  private static func best(
    _ rounds: Int, _ pass: () throws -> (searched: Int, found: Int)
  ) throws -> Pass {
    var best: Pass = (0, 0)
    for _ in 0..<max(rounds, 1) {
      var names = (searched: 0, found: 0)
      let start = processorSeconds()
      names = try pass()
      best = (names.found, max(best.rate, Double(names.searched) / (processorSeconds() - start)))
    }
    return best
  }

  /// The names family as it is: what no search can be faster than.
  private static func walk(_ store: RocksDBStore) throws -> (Int, Int) {
    var names = 0
    try slices(store) { _ in names += 1 }
    return (names, names)
  }

  /// Presentation text of every name, without a search.
  private static func walkText(_ store: RocksDBStore) throws -> (Int, Int) {
    let lines = TextLines()
    var names = 0
    try slices(store) { key in
      lines.append(atMost: NamesKey.textOctetsMax) { NamesKey.writeText(of: key, to: &$0) }
      names += 1
      if lines.isFull { lines.removeAll() }
    }
    return (names, names)
  }

  /// In slices as large as those of a search.
  private static func slices(_ store: RocksDBStore, _ name: (Span<UInt8>) -> Void) throws {
    var range = NamesKey.range(dataset: .main)
    while true {
      var rows = 0
      var last: [UInt8] = []
      try store.scan(.names, range, limit: NameCursor.searchedMax) { key, _ in
        rows += 1
        name(key)
        if rows == NameCursor.searchedMax {
          for index in 0..<key.count { last.append(key[index]) }
        }
        return true
      }
      if rows < NameCursor.searchedMax { return }
      range = range.after(last)
    }
  }

  private static func search(
    _ store: RocksDBStore, names: Int, _ text: String
  ) throws -> (Int, Int) {
    let pattern = try Pattern(regex: text)
    let cursor = NameCursor(NameQuery(.pattern(pattern, excluding: nil)), store: store)
    while try cursor.next({ _ in true }) == .paused {}
    return (names, cursor.rows)
  }

  // MARK: - Patterns

  private static let ordinary = [
    "paypal", "^www\\.", "\\.example\\.com\\.$", "(login|secure|account)[-.]", "[0-9]{8}", "xn--",
    "^[a-z]{3}[0-9]+\\.", "micros[o0]ft.*\\.(net|org)\\.$",
  ]

  /// Patterns after those of collections about denial of service by regular expressions, and some
  /// that make deterministic automata large.
  private static let evil: [String] = [
    "(a+)+$", "(a+)+b", "([a-z]+)*$", "([a-z]+)*[A-Z0-9]$", "(a|aa)+$", "(a|a?)+b", "(.*a){11}b",
    "(.*a){20}$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "^([a-z0-9]+\\.)+[a-z]{40}$",
    "([a-z0-9]*)*x{9}", "(([a-z])*)*!$", "^(a?){30}a{30}", "(a?){60}a{60}", ".*.*.*.*.*x9q",
    ".*.*=.*", "([a-z]|[a-z0-9]|.)*!", "^(.?){100}!", "(ab|a|b)*c{7}", "(\\w+\\.)+\\w{30}\\.$",
    "(\\d+)*[a-z]!", "^(\\w+-?)*\\$", "((a*)*)*!", "(a{0,20}b?){0,20}!", "[ab].{12}!", "a.{14}q",
    "[a-m].{10}[n-z].{10}[0-9]", "(a|b|c|d|e)*f[a-z]{13}g", "[0-4].{20}[5-9]", ".{60}!", ".{200}",
    "(.{0,9}a){9}", "([a-e]{1,9}[f-j]{1,9}){5}!", "(a.{9}|b.{8}|c.{7})!", "([a-c].{5}){4}",
    "(e.*){14}", "(e[^e]*){14}", "[a-z]{200}", "[^x]{180}x", "(.a|.b|.c){30}!", "(a.?){25}z",
    "^(.*)(.*)(.*)(.*)(.*)(.*)(.*)!$", "(0|1|2|3).{16}(a|b)$", "([0-9a-f]{2}){60}",
    "(.{1,30}){1,30}!", "(([a-z]{1,5}){1,5}){1,5}!", "(\\b.*\\b){9}!", "(a*b*c*d*e*)*f{20}",
    "((e|t)(.{7}|.{11})){6}",
  ]

  // MARK: - Names

  private static func fill(_ path: String, names: Int, seed: UInt64) throws {
    let store = try RocksDBStore(path: path, mode: .write(create: true))
    var state = seed
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(limit))
    }
    let syllables = ["ma", "pay", "lo", "gin", "sec", "ure", "mi", "cro", "na", "te", "ser", "vi"]
    let hosts = ["www", "mail", "ns1", "api", "cdn", "login", "m", "static-assets", "vpn"]
    let suffixes = ["com", "net", "org", "co.uk", "de", "info", "com.br", "example.com"]
    var left = names
    while left > 0 {
      let batch = RecordBatch(capacity: 250_000)
      for _ in 0..<min(left, 250_000) {
        let word = (0..<(2 + random(3))).map { _ in syllables[random(syllables.count)] }.joined()
        let host = random(3) == 0 ? "h\(random(100_000_000))" : hosts[random(hosts.count)]
        let name = try DomainName(text: "\(host).\(word)\(random(9_999)).\(suffixes[random(8)])")
        var key: [UInt8] = []
        RecordKey.append(
          dataset: .main, rrname: name.wire.span, rrtype: .a, rdata: [192, 0, 2, 1].span,
          vantage: .client, bailiwick: .unknown, to: &key)
        batch.add(
          key: key.span, timeFirst: 1_700_000_000, timeLast: 1_700_000_001, count: 1, sensor: 0)
      }
      try store.apply(batch)
      left -= 250_000
    }
    try store.compact()
  }

  // MARK: - Memory

  /// Makes the kernel's highest figure start anew.
  private static func forgetPeak() {
    guard let file = unsafe fopen("/proc/self/clear_refs", "w") else { return }
    unsafe fputs("5", file)
    unsafe fclose(file)
  }

  /// A figure of the kernel's, megabytes.
  private static func memory(_ name: String) -> Int {
    guard let lines = try? BenchFile.lines(of: "/proc/self/status"),
      let line = lines.first(where: { $0.hasPrefix(name) }),
      let number = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
    else { return 0 }
    return (Int(number) ?? 0) / 1_024
  }
}
