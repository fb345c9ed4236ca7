// Runs a program as its user does: arguments, environment, standard streams, signals, exit code.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::test_support {

/// One started program with both of its output streams on pipes. Every wait ends by itself after
/// `patience`, so that a program that hangs fails its test. Destroying it kills the program.
class child_process {
public:
    /// `environment` is added to ours, without TRUNKLINE_LOG. Standard input is empty.
    explicit child_process(std::vector<std::string> const& command,
                           std::map<std::string, std::string> const& environment = {});
    ~child_process();
    child_process(child_process const&) = delete;
    child_process& operator=(child_process const&) = delete;

    [[nodiscard]] pid_t id() const { return id_; }

    void signal(int number) const;

    /// The next line of standard output without its end; empty text when there is none any more.
    [[nodiscard]] std::string read_output_line();

    /// The next line of standard error, as above.
    [[nodiscard]] std::string read_error_line();

    /// Waits for the end of the program; 128 plus the signal's number when a signal ended it.
    [[nodiscard]] int wait();

    /// All that is left to read, once the program has closed the stream.
    [[nodiscard]] std::string rest_of_output() { return output_.rest(); }
    [[nodiscard]] std::string rest_of_error() { return error_.rest(); }

private:
    class stream {
    public:
        ~stream();
        std::string line();
        std::string rest();
        int descriptor = -1;

    private:
        bool fill();
        std::string buffer_;
    };

    pid_t id_ = -1;
    int id_descriptor_ = -1;
    std::optional<int> exit_code_;
    stream output_;
    stream error_;
};

/// What a program that ends by itself left behind.
struct finished {
    int exit_code = 0;
    std::string output;
    std::string error;
};

[[nodiscard]] finished run_program(std::vector<std::string> const& command,
                                   std::map<std::string, std::string> const& environment = {});

}  // namespace trunkline::test_support
