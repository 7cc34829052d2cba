# cmake -DOUT=FILE.cpp -DFUNCTION=web_files -DFOLDER=DIR -DFILES="DIR/a;DIR/b" -P EmbedFiles.cmake
# Writes the table of files that apps/serve/assets.h declares as FUNCTION: each file's name below FOLDER, its
# bytes and their SHA-256. The assembler fetches the bytes, so that a file of any size compiles at once.
set(assembly "")
set(symbols "")
set(rows "")
set(index 0)
foreach(file IN LISTS FILES)
  file(RELATIVE_PATH name ${FOLDER} ${file})
  file(SHA256 ${file} digest)
  set(symbol emulsion_${FUNCTION}_${index})
  string(APPEND assembly "    .balign 64
${symbol}:
    .incbin \"${file}\"
${symbol}_end:
    .byte 0
")
  string(APPEND symbols "[[gnu::visibility(\"hidden\")]] extern const std::byte ${symbol}[], ${symbol}_end[];\n")
  string(APPEND rows "        {\"${name}\", {${symbol}, ${symbol}_end}, \"${digest}\"},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT} "// Generated from ${FOLDER}; edit those files.
#include \"apps/serve/assets.h\"

asm(R\"(
    .pushsection .rodata
${assembly}    .popsection
)\");

extern \"C\" {
${symbols}}

namespace emulsion::serve {

std::span<const EmbeddedFile> ${FUNCTION}() {
    static const EmbeddedFile all[] = {
${rows}    };
    return all;
}

}  // namespace emulsion::serve
")
