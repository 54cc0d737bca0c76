#!/bin/sh
# Brings what the first environment runs to a cluster that goes again, and looks whether it answers.
#
#   FLEET_URL    the fleet, over https
#   FLEET_REF    what to try of it, as refs/heads/NAME
#   FLEET_TOKEN  a token that may read it
#
# `sh smoke.sh names` only tells which Flux Kustomizations are waited for.
set -eu
cd "$(dirname "$0")/../.."
here=clusters/local
cluster=fleet-smoke

# The names of a file's Flux Kustomizations that are not suspended.
awake() {
  awk '
    function told() { if (flux && name != "" && !asleep) print name; flux = asleep = 0; name = "" }
    /^---/ { told() }
    /^apiVersion: kustomize\.toolkit\.fluxcd\.io\// { flux = 1 }
    /^  name: / && name == "" { name = $2 }
    /^  suspend: true/ { asleep = 1 }
    END { told() }
  ' "$1"
}

# Those of the layers come first: they make the others.
names() {
  for file in "$here/tenants.yaml" "$here/apps.yaml" clusters/dev/dev-1/tenants/*.yaml clusters/dev/dev-1/apps/*.yaml; do
    awake "$file"
  done
}

ends() {
  status=$?
  if [ "$status" -ne 0 ]; then
    kubectl get kustomizations,helmreleases,pods --all-namespaces || true
  fi
  kind delete cluster --name "$cluster"
  exit "$status"
}

# Any answer but an error of the server will do: what is at / is the app's own affair.
answers() {
  kubectl --namespace "$1" port-forward "service/$2" 18080:http > /dev/null 2>&1 &
  forward=$!
  code=$(curl --silent --output /dev/null --write-out '%{http_code}' --retry 20 --retry-delay 1 \
    --retry-connrefused --max-time 10 http://127.0.0.1:18080/ || true)
  kill "$forward" 2> /dev/null || true
  case $code in
    [234]??) echo "$1/$2 answers $code" ;;
    *) echo "$1/$2 does not answer: $code" >&2 && return 1 ;;
  esac
}

if [ "${1:-}" = names ]; then
  names
  exit
fi

: "${FLEET_URL:?}" "${FLEET_REF:?}" "${FLEET_TOKEN:?}"
trap ends EXIT
kind create cluster --name "$cluster" --config "$here/kind.yaml" --wait 5m
kubectl apply --server-side --filename clusters/dev/dev-1/flux-system/gotk-components.yaml
kubectl --namespace flux-system wait deployment --all --for=condition=Available --timeout=5m
printf %s "$FLEET_TOKEN" | kubectl --namespace flux-system create secret generic flux-system \
  --from-literal=username=git --from-file=password=/dev/stdin
sed -e "s|^  url: .*|  url: $FLEET_URL|" -e "s|^    name: refs/.*|    name: $FLEET_REF|" \
  "$here/sync.yaml" | kubectl apply --filename -
for name in flux-system $(names); do
  kubectl --namespace flux-system wait "kustomization/$name" --for=condition=Ready --timeout=10m
done
kubectl get services --all-namespaces --selector app.kubernetes.io/component=web \
  --output 'jsonpath={range .items[*]}{.metadata.namespace}{" "}{.metadata.name}{"\n"}{end}' |
  while read -r namespace service; do answers "$namespace" "$service"; done
