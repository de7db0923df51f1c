"""Scar mass of one LGE series, using nothing but the REST API.

python examples/rest_client.py http://127.0.0.1:8000 FILE.dcm... (or one .zip)
"""

import sys
from pathlib import Path

import httpx


def scar_mass_g(address: str, paths: list[Path]) -> float | None:
    """Upload, detect, segment and measure; grams by the site's headline extent."""
    with httpx.Client(base_url=f"{address}/api/v1", timeout=300) as api:
        files = [("files", (path.name, path.read_bytes())) for path in paths]
        study = _json(api.post("/studies", files=files))["studies"][0]
        stack = next(stack for stack in study["stacks"] if stack["is_lge"])
        masks = []
        for found in _json(api.post("/detect", json={"stack_id": stack["stack_id"]}))["slices"]:
            boxes = [
                {k: box[k] for k in ("x0", "y0", "x1", "y1")} for box in found["boxes"] if box["structure"] == "scar"
            ]
            if boxes:
                name = {key: found[key] for key in ("sop_instance_uid", "frame_number")}
                answer = _json(api.post("/segment", json={**name, "structure": "scar", "boxes": boxes}))
                masks.append({**name, "mask": answer["mask"]})
        return _json(api.post("/mass", json={"stack_id": stack["stack_id"], "masks": masks}))["mass_g"]


def _json(answer: httpx.Response) -> dict:
    return answer.raise_for_status().json()


if __name__ == "__main__":
    grams = scar_mass_g(sys.argv[1], [Path(argument) for argument in sys.argv[2:]])
    print("no mass by the headline extent" if grams is None else f"{grams:.2f} g of scar")
