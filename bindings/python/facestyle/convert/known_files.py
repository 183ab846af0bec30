"""Licences of published files, by the checksum: what a network looks like does not tell whose weights it has."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

LICENCES = {
    "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0": "MIT (face_detection_yunet_2026may, OpenCV)",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4": "MIT (face_detection_yunet_2023mar, libfacedetection)",
    "104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12": "MIT (yunet_n, libfacedetection)",
    "517cb1980c72422e676738fc45431700fb7cbee56d0f825b623ee427b3e5ce58": "non-commercial research (SCRFD, InsightFace)",
    "32d20c77b9e2dc1d07e94c2ab9d25bdd5cd05eddbe0b46e7b38e7a1eca22e99a": "non-commercial research (SCRFD, InsightFace)",
    "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc": "MIT (CenterFace)",
    "5f88f7957d9eaef82b49b9e0202bc56e97292e2aede2999209accd34442cc4df": "MIT (Pytorch_Retinaface, mobilenet0.25)",
    "faf6740b495e8b9508e6fda11e8c0368bbdde01143e8f0a3e511d0892c4d794e": "MIT (Ultra-Light-Fast-Generic-Face-Detector, RFB)",
    "6e12bb34a36eb17b86d2b76b79c9cd20f342a59ee737d2123a814ce6f532932b": "MIT (Ultra-Light-Fast-Generic-Face-Detector, slim)",
    "a5eb02e1843f19b5386b953cc4c9f011c3f985d0ee2bb9819eea9a142099bec0": "Apache-2.0 (Silent-Face-Anti-Spoofing, MiniFASNetV2)",
    "84ee1d37d96894d5e82de5a57df044ef80a58be2b218b5ed7cdfd875ec2f5990": "Apache-2.0 (Silent-Face-Anti-Spoofing, MiniFASNetV1SE)",
    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30": "public domain (CC0; Davis King, dlib-models)",
}


def licence(paths: list[Path]) -> Any:
    """Of the first of the files that is known; "" if none is."""
    for path in paths:
        if path.is_file():
            digest = hashlib.sha256()
            with open(path, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            if digest.hexdigest() in LICENCES:
                return LICENCES[digest.hexdigest()]
    return ""
