"""The parts of `detection_report.py`."""
