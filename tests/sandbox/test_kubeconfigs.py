import base64

import yaml

from sandbox.certificates import ClientCertificate
from sandbox.kubeconfigs import render_kubeconfig


def test_a_kubeconfig_needs_no_other_file() -> None:
    client = ClientCertificate(b"certificate", b"key")
    text = render_kubeconfig("https://127.0.0.1:1", b"authority", "alice", client, namespace="shop")
    config = yaml.safe_load(text)
    assert config["current-context"] == config["contexts"][0]["name"]
    assert config["contexts"][0]["context"]["user"] == config["users"][0]["name"] == "alice"
    assert config["contexts"][0]["context"]["namespace"] == "shop"
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    assert cluster["server"] == "https://127.0.0.1:1"
    assert base64.b64decode(cluster["certificate-authority-data"]) == b"authority"
    assert base64.b64decode(user["client-certificate-data"]) == b"certificate"
    assert base64.b64decode(user["client-key-data"]) == b"key"
