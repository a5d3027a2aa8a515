internal import ArgumentParser
internal import Console
internal import Foundation

/// `wardline accounts`: who may sign in to the console.
struct AccountsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounts", abstract: "Who may sign in to the console, as what, and with which tokens.",
        subcommands: [
            List.self, Add.self, Change.self, Remove.self, Token.self, RemoveToken.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists accounts and their tokens.")

        @OptionGroup var admin: AdminOptions

        func run() async throws {
            try await admin.run { client in
                let accounts: [AdminAPI.Account] = try await client.get("accounts")
                try admin.print(accounts) { accounts in
                    accounts.isEmpty
                        ? ["no accounts: the first start with admin: in broker.yaml makes one"] : accounts.map(\.line)
                }
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an account.",
            discussion: "With --password its password is read from standard input; without, it can only have tokens.")

        @Argument(help: ArgumentHelp("The account.", valueName: "name"))
        var account: String
        @OptionGroup var role: RoleOption
        @Flag(help: "Read a password of at least 12 characters from standard input.")
        var password = false
        @OptionGroup var admin: AdminOptions

        func run() async throws {
            let change = AdminAPI.AccountChange(
                account: account, role: try role.required(), password: password ? try PasswordPrompt.read() : nil)
            try await admin.run { client in
                try admin.done(try await client.send(.post, "accounts", change))
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Gives an account another role or password.")

        @Argument(help: ArgumentHelp("The account.", valueName: "name"))
        var account: String
        @OptionGroup var role: RoleOption
        @Flag(help: "Read a password of at least 12 characters from standard input.")
        var password = false
        @OptionGroup var admin: AdminOptions

        func validate() throws {
            if role.role == nil && !password {
                throw ValidationError("Say what to change: --role, --password or both.")
            }
        }

        func run() async throws {
            let change = AdminAPI.AccountChange(
                role: role.role, password: password ? try PasswordPrompt.read() : nil)
            try await admin.run { client in
                try admin.done(try await client.send(.put, "accounts/\(account)", change))
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Removes an account with its tokens.")

        @Argument(help: ArgumentHelp("The account.", valueName: "name"))
        var account: String
        @OptionGroup var admin: AdminOptions

        func run() async throws {
            try await admin.run { client in
                try admin.done(try await client.send(.delete, "accounts/\(account)"))
            }
        }
    }

    struct Token: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a token for a program and prints it; it is not shown again.")

        @Argument(help: ArgumentHelp("The account.", valueName: "name"))
        var account: String
        @Argument(help: ArgumentHelp("What the token is for.", valueName: "token-name"))
        var token: String
        @Option(help: ArgumentHelp("After how many days it expires; without, never.", valueName: "days"))
        var days: Int?
        @OptionGroup var admin: AdminOptions

        func run() async throws {
            try await admin.run { client in
                let made: AdminAPI.NewToken = try await client.send(
                    .post, "accounts/\(account)/tokens", AdminAPI.TokenRequest(name: token, days: days))
                try admin.print([made]) { $0.map(\.token) }
            }
        }
    }

    struct RemoveToken: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove-token", abstract: "Makes a token useless.")

        @Argument(help: ArgumentHelp("The account.", valueName: "name"))
        var account: String
        @Argument(help: ArgumentHelp("The token's name.", valueName: "token-name"))
        var token: String
        @OptionGroup var admin: AdminOptions

        func run() async throws {
            try await admin.run { client in
                try admin.done(try await client.send(.delete, "accounts/\(account)/tokens/\(token)"))
            }
        }
    }
}

/// What an account may do.
struct RoleOption: ParsableArguments {
    @Option(help: "viewer, operator, privacy or admin.", transform: RoleOption.parse)
    var role: Role?

    func required() throws -> Role {
        guard let role else {
            throw ValidationError("Say what the account may do: --role viewer, operator, privacy or admin.")
        }
        return role
    }

    private static func parse(_ text: String) throws -> Role {
        guard let role = Role(rawValue: text) else {
            throw ValidationError("\(text) is no role; write viewer, operator, privacy or admin.")
        }
        return role
    }
}

/// A password from standard input, not shown while it is typed.
enum PasswordPrompt {
    static func read() throws -> String {
        let isTerminal = isatty(STDIN_FILENO) == 1
        var before = termios()
        if isTerminal {
            tcgetattr(STDIN_FILENO, &before)
            var silent = before
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &silent)
            Output.error("password:")
        }
        defer { if isTerminal { tcsetattr(STDIN_FILENO, TCSANOW, &before) } }
        guard let line = readLine(), !line.isEmpty else { throw ValidationError("No password came on standard input.") }
        return line
    }
}

extension AdminOptions {
    func done(_ done: AdminAPI.Done) throws { try print([done]) { $0.map(\.done) } }
}

extension AdminAPI.Account {
    fileprivate var line: String {
        let ways = (hasPassword ? ["password"] : []) + tokens.map { "token \($0.name)" }
        return "\(account.padding(toLength: max(20, account.count), withPad: " ", startingAt: 0)) "
            + "\(role.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)) \(ways.joined(separator: ", "))"
    }
}
