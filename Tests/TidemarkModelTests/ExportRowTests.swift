import DNSWire
import Testing
import TidemarkModel

/// What rows of exports say beside the fields of COF: sensors, days, dataset.
@Suite struct ExportRowTests {
  /// 2024-01-31 to 2024-03-01, 31 days.
  private static let span = "\"time_first\":1706659200,\"time_last\":1709251200"

  private func read(
    _ extra: String, span: String = ExportRowTests.span
  ) -> (COFReader.Step, TextObservation) {
    let json =
      "{\"rrname\":\"www.example.com\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\",\(span),"
      + "\"count\":9\(extra)}\n"
    var reader = COFReader(now: 1_800_000_000)
    var observation = TextObservation()
    let octets = Array(json.utf8)
    var at = 0
    return (reader.next(octets.span, at: &at, into: &observation), observation)
  }

  @Test func daysBetweenTheFirstAndTheLastAreKept() {
    let (step, observation) = read(
      ",\"days\":[\"2024-01-31\",\"2024-02-01\",\"2024-02-29\",\"2024-03-01\"]")
    #expect(step == .observation)
    #expect(observation.activity.days == [19_754, 19_782])
  }

  @Test func sensorsAreKeptWithTheOneWithoutName() {
    let (step, observation) = read(",\"sensors\":[\"\",\"s\\u00e9\",\"s2\"],\"sensor_id\":\"x\"")
    #expect(step == .observation)
    let names = observation.sensors.map {
      String(decoding: observation.sensorsOctets[$0], as: UTF8.self)
    }
    #expect(names == ["", "s\u{E9}", "s2"])
    #expect(observation.sensorID == Array("x".utf8))
  }

  @Test func theNextRowForgetsThem() {
    let first =
      "{\"rrname\":\"a.example.com\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\","
      + ExportRowTests.span
      + ",\"sensors\":[\"s1\"],\"days\":[\"2024-02-03\"],\"dataset\":\"d\"}\n"
    let second =
      "{\"rrname\":\"b.example.com\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.1\","
      + ExportRowTests.span + "}\n"
    var reader = COFReader(now: 1_800_000_000)
    var observation = TextObservation()
    let octets = Array((first + second).utf8)
    var at = 0
    #expect(reader.next(octets.span, at: &at, into: &observation) == .observation)
    #expect(observation.datasetName == Array("d".utf8) && observation.activity.count == 1)
    #expect(reader.next(octets.span, at: &at, into: &observation) == .observation)
    #expect(observation.sensors.isEmpty && observation.activity.isEmpty)
    #expect(observation.datasetName.isEmpty)
  }

  /// What a stranger may not claim.
  @Test(arguments: [
    ",\"days\":[\"2024-01-30\"]", ",\"days\":[\"2024-03-02\"]", ",\"days\":[\"2024-02-30\"]",
    ",\"days\":[\"2024-13-01\"]", ",\"days\":[\"24-02-01\"]", ",\"days\":[5]", ",\"days\":[null]",
    ",\"days\":[[\"2024-02-01\"]]", ",\"days\":[\"1969-12-31\"]",
    ",\"days\":[" + Array(repeating: "\"2024-02-01\"", count: 32).joined(separator: ",") + "]",
  ])
  func rejectsDaysThatCannotBe(_ extra: String) {
    #expect(read(extra).0 == .rejected(.badDays))
  }

  @Test(arguments: [
    ",\"sensors\":[1]", ",\"sensors\":[\"a\",null]", ",\"sensors\":[{}]",
    ",\"sensors\":[" + Array(repeating: "\"\"", count: 65_538).joined(separator: ",") + "]",
  ])
  func rejectsSensorsThatAreNone(_ extra: String) {
    #expect(read(extra).0 == .rejected(.badSensors))
  }

  /// Rows of `/api/v1/records` have numbers under these names, other producers anything.
  @Test(arguments: [
    ",\"sensors\":3,\"days\":7", ",\"sensors\":{\"a\":[1]},\"days\":\"x\",\"dataset\":4",
    ",\"sensors\":[],\"days\":[]", ",\"sensors\":null,\"days\":null",
  ])
  func ignoresOtherMeaningsOfTheNames(_ extra: String) {
    let (step, observation) = read(extra)
    #expect(step == .observation)
    #expect(observation.sensors.isEmpty && observation.activity.isEmpty)
  }

  @Test func aWholeValueMergesAsItsObservationsDo() {
    let key: [UInt8] = [0, 1, 2, 3]
    let day: UnixSeconds = 86_400
    let whole = RecordBatch()
    var sensors = SensorSet(3)
    sensors.insert(200)
    var days = ActivityDays()
    days.insert(20_005)
    whole.add(
      key: key.span,
      value: RecordValue(
        timeFirst: 20_000 * day, timeLast: 20_010 * day, count: 7, sensors: sensors,
        activity: days))
    whole.add(key: key.span, timeFirst: 20_011 * day, timeLast: 20_011 * day, count: 1, sensor: 4)
    whole.add(
      key: key.span,
      value: RecordValue(
        timeFirst: 19_990 * day, timeLast: 19_990 * day, count: 2, sensors: SensorSet(70)))
    #expect(whole.count == 1 && whole.observations == 3)
    let value = whole.value(of: whole.entries[0])
    #expect(value.count == 10)
    #expect(value.sensors.numbers == [3, 4, 70, 200])
    #expect(value.daysSeen == [19_990, 20_000, 20_005, 20_010, 20_011])
  }

  @Test func linesNameSensorsInOrderAndTheNamelessOneBesideOthersOnly() {
    func line(_ numbers: [SensorNumber], dataset: String? = nil) -> String {
      var writer = ObservationLineWriter(dataset: dataset) { ["", "z", "a"][Int($0)] }
      var sensors = SensorSet()
      for number in numbers { sensors.insert(number) }
      var out: [UInt8] = []
      writer.append(
        TextRow(
          rrtype: .a, timeFirst: 1_706_659_200, timeLast: 1_706_659_200, count: 1,
          vantage: .client),
        rrname: DomainName(canonicalWire: [0]).wire.span, rdata: [192, 0, 2, 1].span,
        sensors: sensors, activity: ActivityDays(), to: &out)
      return String(decoding: out, as: UTF8.self)
    }
    #expect(line([0]).hasSuffix("\"vantage\":\"client\"}\n"))
    #expect(line([0, 1, 2]).hasSuffix(",\"sensors\":[\"\",\"a\",\"z\"]}\n"))
    #expect(line([1], dataset: "p").hasSuffix(",\"dataset\":\"p\",\"sensors\":[\"z\"]}\n"))
  }
}
