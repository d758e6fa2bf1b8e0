"""What napari's stylesheet leaves open: measures, never colours of our own."""

from __future__ import annotations

BAR = 8
"""Width of a scroll bar, in pixels: slim, so that it can always have its room."""

PANEL = f"""
QLabel {{ qproperty-indent: 0; }}
QTabWidget::pane {{ border: 0px; }}
QTabBar {{ border: 0px; background: none; }}
QTabBar::tab {{ padding: 4px 10px; min-height: 18px; }}
QPushButton {{ padding: 2px 7px; min-height: 18px; border: 1px solid transparent; }}
QPushButton::menu-indicator {{ width: 0px; }}
QComboBox {{ padding: 2px 4px 2px 7px; border: 1px solid transparent; }}
QComboBox::drop-down {{ width: 20px; }}
QLineEdit {{ padding: 1px 4px; min-height: 19px; border: 1px solid transparent; }}
QAbstractSpinBox {{ border: 1px solid transparent; }}
QCheckBox, QRadioButton {{ spacing: 3px; padding: 0px; }}
QPushButton:focus, QComboBox:focus, QLineEdit:focus, QAbstractSpinBox:focus {{
    border: 1px solid palette(highlight);
}}
QCheckBox::indicator, QRadioButton::indicator {{ border: 1px solid transparent; }}
QCheckBox::indicator:focus, QRadioButton::indicator:focus,
QSlider::handle:horizontal:focus {{
    border: 1px solid palette(highlight);
}}
QToolButton:focus {{ text-decoration: underline; }}
QScrollBar:vertical {{ min-width: {BAR}px; max-width: {BAR}px; margin: 0px; }}
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical {{ height: 0px; }}
"""
