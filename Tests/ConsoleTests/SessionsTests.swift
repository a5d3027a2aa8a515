import Testing

@testable import Console

struct SessionsTests {
    @Test func `a session belongs to the account that began it`() throws {
        var sessions = Sessions()
        let begun = sessions.begin("ada", at: 0)
        let found = sessions.account(begun.cookie, at: 1)
        #expect(found?.account == "ada")
        #expect(found?.csrf == begun.csrf)
        let other = sessions.account(begun.cookie + "x", at: 1)
        #expect(other == nil)
    }

    @Test func `using a session keeps it, up to its longest age`() {
        var sessions = Sessions()
        let cookie = sessions.begin("ada", at: 0).cookie
        var now: Int64 = 0
        while now + Sessions.idleMax <= Sessions.ageMax {
            now += Sessions.idleMax
            let found = sessions.account(cookie, at: now)
            #expect(found != nil, "at \(now)")
        }
        let late = sessions.account(cookie, at: Sessions.ageMax + 1)
        #expect(late == nil)
    }

    @Test func `looking whether a session lasts does not keep it`() {
        var sessions = Sessions()
        let cookie = sessions.begin("ada", at: 0).cookie
        let seen = sessions.account(cookie, at: Sessions.idleMax, isUse: false)
        #expect(seen?.account == "ada")
        let over = sessions.account(cookie, at: Sessions.idleMax + 1, isUse: false)
        #expect(over == nil)
    }

    @Test func `an unused session ends`() {
        var sessions = Sessions()
        let cookie = sessions.begin("ada", at: 0).cookie
        let late = sessions.account(cookie, at: Sessions.idleMax + 1)
        #expect(late == nil)
        let again = sessions.account(cookie, at: 0)
        #expect(again == nil, "it does not come back")
    }

    @Test func `signing out everywhere ends the sessions of that account only`() {
        var sessions = Sessions()
        let (first, second) = (sessions.begin("ada", at: 0).cookie, sessions.begin("ada", at: 0).cookie)
        let other = sessions.begin("grace", at: 0).cookie
        sessions.endAll(of: "ada")
        let found = [first, second, other].map { sessions.account($0, at: 1)?.account }
        #expect(found == [nil, nil, "grace"])
    }
}
