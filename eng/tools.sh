# What the scripts of this project need from the machine. Sourced, not run.

say() { printf '\n== %s\n' "$*"; }

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need PROGRAM PACKAGE WHY: there is such a program, or it is installed where that is ours to do.
need() {
    command -v "$1" > /dev/null && return
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        say "installing the Debian package $2: $3"
        apt-get install -y -qq --no-install-recommends "$2" > /dev/null 2>&1 ||
            { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$2" > /dev/null; } ||
            fail "$2 could not be installed; $1 is needed: $3"
    else
        fail "$1 is missing ($3). Install it, on Debian with: apt-get install $2"
    fi
}

# Run from inside the repository: global.json names the SDKs that will do.
need_dotnet() {
    command -v dotnet > /dev/null ||
        fail "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download/dotnet/10.0"
    dotnet --version > /dev/null 2>&1 ||
        fail "no .NET SDK here fits global.json (10.0.100 or later): https://dotnet.microsoft.com/download/dotnet/10.0"
}
