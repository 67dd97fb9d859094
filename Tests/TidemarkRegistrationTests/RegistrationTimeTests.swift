import Testing
import TidemarkRegistration
import TidemarkTesting

struct RegistrationTimeTests {
  static let times: [(String, Int64, RegistrationTime.Precision)] = [
    ("1997-09-15T04:00:00Z", 874_296_000, .second),
    ("2017-07-07T17:24:23.746Z", 1_499_448_263, .second),
    ("2018-03-12T21:44:25+01:00", 1_520_887_465, .second),
    ("2002-12-04 00:00:00+02", 1_038_952_800, .second),
    ("2019-04-21", 1_555_804_800, .day),
    ("2002.09.19 13:00:00", 1_032_440_400, .second),
    ("18.7.2012 04:04:23", 1_342_584_263, .second),
    ("30/10/2002 00:00:00", 1_035_936_000, .second),
    ("05-Dec-2020", 1_607_126_400, .day),
    ("13-mar-2007", 1_173_744_000, .day),
    ("Tue Feb 10 09:42:42 2004", 1_076_406_162, .second),
    ("Fri Mar 29 22:03:53 GMT 2002", 1_017_439_433, .second),
    ("18 Apr 2003 00:00 EAT", 1_050_613_200, .second),
    ("20131218000000", 1_387_324_800, .second),
    ("registrar AT example 19990605 (Assigned)", 928_540_800, .day),
    ("before Aug-1996", 838_857_600, .month),
    ("23 de agosto de 2012 (10:10:08 GMT)", 1_345_716_608, .second),
    ("19990518 #162310", 926_985_600, .day),
  ]

  @Test(arguments: times)
  func reads(_ text: String, _ seconds: Int64, _ precision: RegistrationTime.Precision) throws {
    let time = try #require(RegistrationTime.parse(text), "\(text)")
    #expect(time.seconds == seconds, "\(text): \(time.seconds)")
    #expect(time.precision == precision, "\(text)")
    #expect(time.text == text)
  }

  @Test func takesTheOrderOfTheServer() {
    let monthFirst = RegistrationTime.parse("03/02/2012", order: .monthFirst)
    #expect(monthFirst == RegistrationTime.parse("2012-03-02"))
    #expect(RegistrationTime.parse("03/02/2012") == RegistrationTime.parse("2012-02-03"))
    // A number above 12 is no month, whatever the server does elsewhere.
    let day = RegistrationTime.parse("18/12/2001", order: .monthFirst)
    #expect(day == RegistrationTime.parse("2001-12-18"))
  }

  @Test(arguments: [
    "", "-", "see at www.example.org", "2001-02-29", "2019-13-01", "0-0-0", "12:30:00", "1-2-3",
    "99999999999999999999", "20019999", "Jan", String(repeating: "1", count: 200),
  ])
  func refuses(_ text: String) {
    #expect(RegistrationTime.parse(text) == nil)
  }

  @Test func survivesAnyText() {
    var generator = SeededGenerator(seed: 20_261_121)
    let letters = Array("0123456789-/:. TZ+JanMar")
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...40, using: &generator)
      let text = String((0..<count).compactMap { _ in letters.randomElement(using: &generator) })
      _ = RegistrationTime.parse(text)
      _ = RegistrationTime.parse(text, order: .monthFirst)
    }
  }

  @Test func readsWhatItIsGivenBack() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<2_000 {
      let (year, month) = (
        Int.random(in: 1970...2200, using: &generator), Int.random(in: 1...12, using: &generator)
      )
      let day = Int.random(in: 1...28, using: &generator)
      func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
      let iso = try #require(RegistrationTime.parse("\(year)-\(padded(month))-\(padded(day))"))
      for text in [
        "\(year)\(padded(month))\(padded(day))", "\(padded(day)).\(padded(month)).\(year)",
        "\(year)/\(month)/\(day)",
      ] {
        #expect(RegistrationTime.parse(text) == iso, "seed 7: \(text)")
      }
    }
  }
}
