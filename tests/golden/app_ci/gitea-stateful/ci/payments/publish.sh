#!/bin/sh
# Builds the images of payments, has Trivy look at each, and gives them their tags when all have passed.
#
# Written by `fairlead app-ci`. An image is pushed without a tag first, so that the very bytes which
# were looked at get one; Fairlead follows tags, so what Trivy holds back goes nowhere.
set -euf
cd "$(dirname "$0")/../.."

# Each named once: these here, all others in .tool-versions. A digest (sha256:...) pins the bytes.
buildkit=0.25.0
buildkit_digest=
trivy_digest=

fail() {
  printf 'ci/payments/publish.sh: %s\n' "$1" >&2
  exit 1
}

# version_of TOOL
version_of() {
  while read -r name version _ || [ -n "$name" ]; do
    if [ "$name" = "$1" ]; then
      case $version in
      '' | *[!A-Za-z0-9._+-]*) fail ".tool-versions names no version of $1" ;;
      esac
      printf '%s' "$version"
      return
    fi
  done <.tool-versions
  fail ".tool-versions does not name $1"
}

# build IMAGE: sets digest and platforms
build() {
  case $1 in
  gitea.example.com/shop/payments) file=Dockerfile platforms='' ;;
  *) fail "nothing says how $1 is built" ;;
  esac
  # What one build leaves for the next. Only commits that get here write it: no merge request does.
  cache=type=registry,ref=$1:buildcache
  output=type=image,name=$1,oci-mediatypes=true,push=true,push-by-digest=true,name-canonical=true
  # Without provenance a single platform is a single manifest: the tag names what was looked at.
  set -- --builder "$builder" --file "$file" --provenance=false \
    --label "org.opencontainers.image.revision=$commit" \
    --label org.opencontainers.image.source=https://git.example.com/shop/payments.git \
    --label "org.opencontainers.image.version=$tag" \
    --label "org.opencontainers.image.created=$created" \
    --cache-from "$cache" --cache-to "$cache,mode=max,ignore-error=true" \
    --output "$output" --metadata-file "$work/metadata.json" \
    --build-arg "GOLANG_VERSION=$golang"
  [ -z "$platforms" ] || set -- "$@" --platform "$platforms"
  docker buildx build "$@" .
  digest=$(sed -n 's/.*"containerimage\.digest": *"\(sha256:[0-9a-f]\{64\}\)".*/\1/p' "$work/metadata.json")
  [ -n "$digest" ] || fail "docker buildx did not say which digest it pushed"
}

# look_at IMAGE@DIGEST PLATFORM: fails where Trivy finds something critical; PLATFORM may be empty
look_at() {
  docker pull --quiet ${2:+--platform "$2"} "$1"
  docker save --output "$work/image.tar" "$1"
  # The scanner gets the image and nothing else: neither the login nor the daemon. It is filled by
  # copying, since a daemon elsewhere cannot mount this directory.
  box=$(docker create --workdir / "ghcr.io/aquasecurity/trivy:$trivy${trivy_digest:+@$trivy_digest}" \
    image --input /image.tar --severity CRITICAL --exit-code 1 --no-progress)
  docker cp "$work/image.tar" "$box:/image.tar"
  [ ! -f .trivyignore ] || docker cp .trivyignore "$box:/.trivyignore"
  passed=yes
  docker start --attach "$box" || passed=no
  docker rm --force "$box" >/dev/null
  [ "$passed" = yes ] || fail "Trivy holds back $1: no image of this commit gets its tag"
}

# given IMAGE:TAG: sets said
given() {
  said=$(docker buildx imagetools inspect "$1" 2>&1)
}

tags=$(sh ci/payments/tags.sh)
trivy=$(version_of trivy)
golang=$(version_of golang)


if [ -z "${REGISTRY_USERNAME:-}" ] || [ -z "${REGISTRY_PASSWORD:-}" ]; then
  fail 'no login for gitea.example.com: ci/payments/README.md says how to give one'
fi

work=$(mktemp -d)
builder=payments-$$
leave() {
  docker buildx rm --force "$builder" >/dev/null 2>&1 || :
  rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The login is gone with the job, on a machine of many jobs too.
DOCKER_CONFIG=$work/docker
export DOCKER_CONFIG
printf '%s' "$REGISTRY_PASSWORD" |
  docker login --username "$REGISTRY_USERNAME" --password-stdin 'gitea.example.com'

context=
if [ -n "${DOCKER_CERT_PATH:-}" ]; then
  # buildx takes certificates from a context only, not from the environment.
  docker context create "$builder" >/dev/null
  context=$builder
fi
docker buildx create --name "$builder" --driver docker-container \
  --driver-opt "image=moby/buildkit:v$buildkit${buildkit_digest:+@$buildkit_digest}" \
  ${context:+"$context"} >/dev/null

: >"$work/passed"
while read -r image tag commit created <&3; do
  if given "$image:$tag"; then
    printf '%s is there already, and a tag is given once\n' "$image:$tag"
    continue
  fi
  build "$image"
  for platform in $(printf '%s' "${platforms:-any}" | tr ',' ' '); do
    [ "$platform" != any ] || platform=
    look_at "$image@$digest" "$platform"
  done
  printf '%s %s %s\n' "$image" "$tag" "$digest" >>"$work/passed"
done 3<<END
$tags
END

while read -r image tag digest <&3; do
  # The registry has answered by now: whatever it says but this is no reason to give the tag again.
  ! given "$image:$tag" || fail "$image:$tag was given meanwhile"
  case $said in
  *":$tag: not found"*) ;;
  *) fail "nobody can tell whether $image:$tag is there: $said" ;;
  esac
  docker buildx imagetools create --prefer-index=false --tag "$image:$tag" "$image@$digest"
  printf '%s is %s\n' "$image:$tag" "$digest"
done 3<"$work/passed"
