"""What napari's stylesheet leaves open: measures, never colours."""

from __future__ import annotations

PANEL = """
QTabWidget::pane { border: 0px; }
QTabBar { border: 0px; background: none; }
QTabBar::tab { padding: 4px 10px; min-height: 18px; }
QPushButton { padding: 3px 8px; min-height: 18px; }
QPushButton::menu-indicator { width: 0px; }
QLineEdit { padding: 1px 4px; min-height: 18px; }
QCheckBox, QRadioButton { spacing: 4px; }
"""
