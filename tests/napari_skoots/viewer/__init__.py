"""Tests in the real viewer."""
