"""Checks the YAML of a README against the schemas of Kubernetes, which the package has with it."""

import re
import sys

import kubernetes_validate
import yaml

with open(sys.argv[1], encoding="utf-8") as file:
    blocks = re.findall(r"^```yaml\n(.*?)^```", file.read(), re.DOTALL | re.MULTILINE)
for block in blocks:
    job = yaml.safe_load(block)
    kubernetes_validate.validate(job, kubernetes_validate.latest_version(), strict=True)
    print(job["kind"], job["metadata"]["name"])
