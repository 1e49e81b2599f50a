{{ column }} DESC
