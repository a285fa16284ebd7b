#!/usr/bin/env bash
# Installs what the tests drive, where it is missing: mail programs and sample mail from Debian, Python libraries into
# tests/.venv, node libraries into tests/clients/node, cargo-deny. Needs root or sudo only for the Debian packages.
set -euo pipefail
cd "$(dirname "$0")/.."

# Program or file that must be there, and the package that brings it.
needed=(
    "swaks swaks"
    "msmtp msmtp"
    "mbsync isync"
    "neomutt neomutt"
    "thunderbird thunderbird"
    "certutil libnss3-tools"
    "offlineimap offlineimap3"
    "fetchmail fetchmail"
    "getmail getmail6"
    "curl curl"
    "script bsdutils"
    "strace strace"
    "openssl openssl"
    "mount mount"
    "cc build-essential"
    "/usr/lib/python3.11/test/test_email/data/msg_01.txt libpython3.11-testsuite"
    "/usr/share/perl5/Mail/SpamAssassin.pm spamassassin"
)

is_there() {
    case $1 in
        /*) [ -e "$1" ] ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

missing_packages() {
    local pair
    for pair in "${needed[@]}"; do
        is_there "${pair% *}" || printf '%s\n' "${pair#* }"
    done
    command -v node >/dev/null || printf '%s\n' nodejs
    command -v npm >/dev/null || printf '%s\n' npm
    # swaks needs it for TLS and only recommends it.
    perl -MNet::SSLeay -e 1 2>/dev/null || printf '%s\n' libnet-ssleay-perl
    python3 -c 'import ensurepip, venv' 2>/dev/null || printf '%s\n' python3-venv
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages)
    [ "${#packages[@]}" -gt 0 ] || return 0
    echo "installing ${packages[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

# Small images leave /usr/share/doc out when they install a package, and the sample messages lie there.
unpack_samples() {
    local samples=usr/share/doc/spamassassin/examples folder
    [ ! -e "/$samples/sample-spam.txt" ] && [ ! -e "tests/.samples/$samples/sample-spam.txt" ] || return 0
    echo "unpacking the sample messages of spamassassin"
    folder=$(mktemp -d)
    chmod 755 "$folder"
    (cd "$folder" && apt-get download -qq spamassassin)
    dpkg-deb --extract "$folder"/spamassassin_*.deb tests/.samples
    rm -r "$folder"
}

install_python() {
    if ! cmp -s tests/clients/requirements.txt tests/.venv/installed.txt; then
        echo "installing Python libraries into tests/.venv"
        python3 -m venv tests/.venv
        tests/.venv/bin/pip install --quiet --disable-pip-version-check -r tests/clients/requirements.txt
        cp tests/clients/requirements.txt tests/.venv/installed.txt
    fi
}

install_node() {
    local folder=tests/clients/node
    if ! cmp -s "$folder/package-lock.json" "$folder/node_modules/installed.json"; then
        echo "installing node libraries into $folder"
        (cd "$folder" && npm ci --silent --no-audit --no-fund --ignore-scripts)
        cp "$folder/package-lock.json" "$folder/node_modules/installed.json"
    fi
}

install_cargo_deny() {
    [[ $(cargo deny --version 2>/dev/null) == "cargo-deny 0.20.2" ]] && return 0
    echo "installing cargo-deny (a few minutes)"
    cargo install --quiet --locked cargo-deny@0.20.2
}

install_packages
unpack_samples
install_python
install_node
install_cargo_deny
