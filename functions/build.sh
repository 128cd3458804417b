#!/usr/bin/env bash
# Builds every function for Lambda, in one go, so that the AWS SDK is built once. The first build takes some minutes.
#
# usage: functions/build.sh [arm64|x86_64]   (default: $ARCHITECTURE, or arm64)
#
# Puts each binary at target/functions/ARCHITECTURE/FUNCTION/bootstrap. `sam build` calls this through the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."

architecture=${1:-${ARCHITECTURE:-arm64}}
case $architecture in
  arm64) target=aarch64-unknown-linux-gnu ;;
  x86_64) target=x86_64-unknown-linux-gnu ;;
  *) echo "build.sh: unknown architecture $architecture: arm64 or x86_64" >&2; exit 2 ;;
esac

packages=()
names=()
for main in functions/*/src/main.rs; do
  name=$(basename "$(dirname "$(dirname "$main")")")
  names+=("$name")
  packages+=(--package "$name")
done

# A separate target directory: these flags would cause everything else to be rebuilt.
export CARGO_TARGET_DIR=${FUNCTIONS_TARGET_DIR:-$PWD/target/dist}
# For size: nothing unwinds (the profile aborts), so the unwind tables are not needed, nor are those for moving the code
# to another address. Cargo.toml lists the sizes.
flags="-C force-unwind-tables=no -C relocation-model=static"

host=$(rustc -vV | sed -n 's/^host: //p')
if [ "$host" = "$target" ]; then
  # The linker keeps one of several identical functions.
  flags="$flags -C link-arg=-Wl,--icf=all"
  RUSTFLAGS="$flags" cargo build --locked --profile dist --target "$target" "${packages[@]}"
  built=$CARGO_TARGET_DIR/$target/dist
elif command -v cargo-lambda >/dev/null; then
  # Links with zig, for any Linux, from any machine.
  RUSTFLAGS="$flags" cargo lambda build --locked --profile dist --target "$target" "${packages[@]}"
  built=
elif command -v aarch64-linux-gnu-gcc >/dev/null && [ "$architecture" = arm64 ] &&
  [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
  export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
  RUSTFLAGS="$flags" cargo build --locked --profile dist --target "$target" "${packages[@]}"
  built=$CARGO_TARGET_DIR/$target/dist
else
  cat >&2 <<MESSAGE
build.sh: this machine ($host) cannot build for $target. One of these helps:
  - install cargo-lambda (https://www.cargo-lambda.info), which builds for both from anywhere
  - rustup target add $target, and on Debian or Ubuntu: apt-get install gcc-aarch64-linux-gnu
  - build for this machine's own processor: ARCHITECTURE=x86_64 sam build, and deploy with Architecture=x86_64
MESSAGE
  exit 1
fi

# provided.al2023 has glibc 2.34.
check() {
  command -v objdump >/dev/null || return 0
  local needs
  needs=$(objdump -T "$1" | grep -o 'GLIBC_2\.[0-9]*' | sort -V | tail -1)
  if [ "$(printf '%s\nGLIBC_2.34\n' "$needs" | sort -V | tail -1)" != GLIBC_2.34 ]; then
    echo "build.sh: $1 needs $needs, and Lambda has GLIBC_2.34: build with cargo-lambda" >&2
    exit 1
  fi
}

for name in "${names[@]}"; do
  out=target/functions/$architecture/$name
  if [ -n "$built" ]; then from=$built/$name; else from=$CARGO_TARGET_DIR/lambda/$name/bootstrap; fi
  # Unchanged files keep their time, so that unchanged functions are not uploaded again.
  if ! cmp --silent "$from" "$out/bootstrap"; then
    check "$from"
    mkdir -p "$out"
    cp "$from" "$out/bootstrap"
  fi
done
