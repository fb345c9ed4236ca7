// Several who disturb the same links: none lifts what another one still wants.
#pragma once

#include <trunkline/conformance/subject.hpp>

#include <cstddef>
#include <list>

namespace trunkline::conformance {

/// The links of one transport, disturbed by several. Used on one thread.
class shared_faults {
public:
    /// `links` outlives it.
    explicit shared_faults(faults& links);
    ~shared_faults();
    shared_faults(shared_faults const&) = delete;
    shared_faults& operator=(shared_faults const&) = delete;

    /// For one of them; goes with this. What it wants is added to what the others want: links are
    /// stalled, or take short writes, while anybody wants that, and break where the first one
    /// wants it.
    [[nodiscard]] faults& another();

private:
    class share;

    faults& links_;
    std::list<share> shares_;
};

}  // namespace trunkline::conformance
