"""Faults of secrets: FL7xx. What looks like a secret is put together here, and opens nothing."""

from tests.faults.planting import FLEET, Fault, appended, edited

BASE = "apps/payments/base/kustomization.yaml"
DEPLOYMENT = "apps/payments/base/deployment.yaml"
SECRET = "apps/payments/base/secret.yaml"
ENVIRONMENT = "apps/payments/base/payments.env"
RULES = ".sops.yaml"
LISTED = edited(BASE, ("  - service.yaml\n", "  - service.yaml\n  - secret.yaml\n"))
PASSWORD = "k9-Wq3z.Tn7v_Lp2x"
SEALED = "ENC[AES256_GCM,data:c2hvcA==,iv:aXY=,tag:dGFn,type:str]"
SOPS = f"""sops:
  age:
    - recipient: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
      enc: ""
  lastmodified: "2026-01-01T00:00:00Z"
  mac: {SEALED}
"""
DECRYPTION = "  decryption:\n    provider: sops\n    secretRef:\n      name: sops-age\n"
PAYMENTS = (
    "clusters/dev/dev-1/apps/payments.yaml",
    "clusters/stage/stage-1/apps/payments.yaml",
    "clusters/prod/prod-1/apps/payments.yaml",
)
DECRYPTED = {path: FLEET[path].data + DECRYPTION.encode() for path in PAYMENTS}
GITHUB = "gh" + "p_" + "aZ3kQ9xT7bN1mC5vL8wR2yE6uI4oP0sDfG7h"
AWS = "AK" + "IA" + "Q3EGRIZ7YTLMVB2K"
KEY = "-----BEGIN " + "PRIVATE KEY-----"
BODY = "MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA"


def secret(*pairs: str, kind: str = "Secret", field: str = "stringData") -> bytes:
    """A Secret of these lines `key: value`."""
    lines = "".join(f"  {pair}\n" for pair in pairs)
    head = f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: payments\n  namespace: payments\n"
    return f"{head}{field}:\n{lines}".encode()


def nested(text: str) -> bytes:
    """A ConfigMap with a file of this text, below a key of its own."""
    below = "".join(f"      {line}\n" for line in text.splitlines())
    return secret(f"shop.yaml: |\n    database:\n{below}", kind="ConfigMap", field="data")


def sealed(*pairs: str) -> bytes:
    """A Secret that SOPS encrypted, with further lines."""
    return secret(f"password: {SEALED}", *pairs) + SOPS.encode()


def variables(*lines: str) -> dict[str, bytes]:
    """The deployment with these variables."""
    text = "".join(f"            {line}\n" for line in lines)
    old = "          ports:\n            - name: http\n              containerPort: 8080\n"
    return edited(DEPLOYMENT, (old, f"{old}          env:\n{text}"))


def rules(pattern: str) -> bytes:
    return f"creation_rules:\n  - path_regex: {pattern}\n    age: age1ql3z7hjy\n".encode()


FAULTS = (
    Fault(
        "FL701",
        "a Secret that somebody wrote by hand",
        {**LISTED, SECRET: secret(f"password: {PASSWORD}")},
        {**LISTED, SECRET: secret("password: ${PAYMENTS_PASSWORD:=}", "user: <name>", 'old: ""')},
    ),
    Fault(
        "FL701",
        "a Secret in base64 that nobody applies",
        {"secret.yaml": secret("password: azktV3EzLlRu", field="data")},
        {"secret.yaml": secret("password: azktV3EzLlRu", kind="ConfigMap", field="binaryData")},
    ),
    Fault(
        "FL702",
        "a literal of a generator",
        appended(BASE, f"secretGenerator:\n  - name: db\n    literals: [password={PASSWORD}]\n"),
        appended(BASE, "secretGenerator:\n  - name: db\n    literals: ['password=${PASSWORD}']\n"),
    ),
    Fault(
        "FL702",
        "a generator of a file in plain text",
        {
            **appended(BASE, "secretGenerator:\n  - name: db\n    envs: [payments.env]\n"),
            ENVIRONMENT: f"PASSWORD={PASSWORD}\n".encode(),
        },
        {
            **appended(BASE, "secretGenerator:\n  - name: db\n    envs: [payments.env]\n"),
            ENVIRONMENT: f"PASSWORD={SEALED}\nsops_mac={SEALED}\n".encode(),
        },
    ),
    Fault(
        "FL703",
        "a password in a ConfigMap",
        {**LISTED, SECRET: secret(f"dbPassword: {PASSWORD}", kind="ConfigMap", field="data")},
        {**LISTED, SECRET: secret("dbPasswordFile: /run/db", kind="ConfigMap", field="data")},
    ),
    Fault(
        "FL703",
        "a password in a file of a ConfigMap",
        {**LISTED, SECRET: nested(f"password: {PASSWORD}")},
        {**LISTED, SECRET: nested("password: '{{ .password }}'")},
    ),
    Fault(
        "FL703",
        "a password in values of a chart, which are a text",
        {**LISTED, SECRET: nested(f"values.yaml: |\n  auth: {{password: {PASSWORD}}}")},
        {**LISTED, SECRET: nested(f"values.yaml: |\n  auth: the password is {PASSWORD}")},
    ),
    Fault(
        "FL703",
        "a password in the environment",
        variables("- name: DB_PASSWORD", f"  value: {PASSWORD}"),
        variables("- name: DB_PASSWORD", "  value: ${DB_PASSWORD:=}"),
    ),
    Fault(
        "FL703",
        "a token that looks random",
        variables("- name: METRICS_TOKEN", "  value: 5f0e2a9c7b1d4638"),
        variables("- name: METRICS_TOKEN", "  value: metrics-token-2"),
    ),
    Fault(
        "FL704",
        "a token of GitHub in the Makefile",
        appended("Makefile", f"# {GITHUB}\n"),
        appended("Makefile", f"# {GITHUB[:30]}\n"),
    ),
    Fault(
        "FL704",
        "a key of AWS in a comment",
        appended(BASE, f"# {AWS}\n"),
        appended(BASE, "# AKIA" + "IOSFODNN7EXAMPLE\n"),
    ),
    Fault(
        "FL705",
        "a private key beside the manifests",
        {"apps/payments/tls.key": f"{KEY}\n{BODY}\n".encode()},
        {"apps/payments/tls.pub": f"{KEY.replace('PRIVATE', 'PUBLIC')}\n{BODY}\n".encode()},
    ),
    Fault(
        "FL705",
        "a private key in a text",
        {**LISTED, SECRET: secret(f'key: "{KEY}\\n{BODY}"', kind="ConfigMap", field="data")},
        {**LISTED, SECRET: secret(f'key: "{KEY} is missing"', kind="ConfigMap", field="data")},
    ),
    Fault(
        "FL706",
        "keys of AWS for a pod",
        variables("- name: AWS_ACCESS_KEY_ID", "  valueFrom: {secretKeyRef: {name: a, key: b}}"),
        variables(
            "- name: AWS_ACCESS_KEY_ID",
            "  valueFrom: {secretKeyRef: {name: a, key: b}}",
            "- name: AWS_ENDPOINT_URL",
            "  value: http://minio.minio",
        ),
    ),
    Fault(
        "FL707",
        "a file that no rule is for",
        {**LISTED, **DECRYPTED, SECRET: sealed(), RULES: rules("^clusters/")},
        {**LISTED, **DECRYPTED, SECRET: sealed(), RULES: rules(r"^apps/.*\.yaml$")},
    ),
    Fault(
        "FL708",
        "a Kustomization that decrypts nothing",
        {**LISTED, SECRET: sealed()},
        {**LISTED, **DECRYPTED, SECRET: sealed()},
    ),
    Fault(
        "FL709",
        "a value that was added by hand",
        {**LISTED, **DECRYPTED, SECRET: sealed(f"pin: {PASSWORD}")},
        {**LISTED, **DECRYPTED, SECRET: sealed('pin: ""')},
    ),
    Fault(
        "FL710",
        "a value without the block of SOPS",
        {**LISTED, **DECRYPTED, SECRET: secret(f"password: {SEALED}")},
        {**LISTED, **DECRYPTED, SECRET: sealed()},
    ),
)
