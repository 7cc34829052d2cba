# cmake -DOUT=FILE.cpp -DFILES="a.json;b.json" -P EmbedText.cmake
# Writes the table of cards that apps/target.h declares: each file's name without its ending, and its text.
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND rows "    {\"${name}\", R\"text(${text})text\"},\n")
endforeach()
file(WRITE ${OUT} "// Generated from bench/targets; edit those files.
#include \"apps/target.h\"

namespace emulsion::apps {

std::span<const EmbeddedText> embedded_targets() {
    static constexpr EmbeddedText all[] = {
${rows}    };
    return all;
}

}  // namespace emulsion::apps
")
