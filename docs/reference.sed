# What docs/Doxyfile leaves out of the headers that it reads, line by line, so that numbers of lines stay.
/^template <>$/{
    N
    s/.*is_error_code_enum.*/\n/
}
s/^ *[a-z_]+\([a-z_]+&&( other)?\) noexcept( = default)?;$//
s/^ *[a-z_]+& operator=\([a-z_]+&&( other)?\) noexcept( = default)?;$//
s/^ *(friend )?bool operator==.* = default;$//
s/^ *static constexpr auto fields\(\) \{ return .*\}$//
/^ *static constexpr auto fields\(\) \{$/,/^ *\}$/s/.*//
