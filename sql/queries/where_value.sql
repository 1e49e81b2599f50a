AND toString({{ column }}) IN {values_{{ place }}:Array(String)}
