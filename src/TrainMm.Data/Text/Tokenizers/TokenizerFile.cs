using TrainMm.Core.Diagnostics;
using TrainMm.Data.Text.Tokenizers.Formats;

namespace TrainMm.Data.Text.Tokenizers;

/// <summary>Loads tokenizers from disk.</summary>
public static class TokenizerFile
{
    /// <summary>Every format, the preferred one first.</summary>
    private static readonly ITokenizerFormat[] Formats = [new TokenizerJsonFormat(), new SentencePieceFormat(), new TiktokenFormat(), new VocabularyAndMergesFormat(), new VocabularyTextFormat()];

    /// <summary>Loads the tokenizer of a model's folder, or of one file.</summary>
    /// <param name="path">A folder that holds a tokenizer's files, or such a file.</param>
    /// <exception cref="DataException">Nothing there is a tokenizer, the file is damaged, or it names a component that is not known here.</exception>
    public static ITokenizer Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (File.Exists(path))
        {
            var format = Array.Find(Formats, format => IsNamedBy(format, path)) ?? Formats[0];
            return new PipelineTokenizer(format.Read(path));
        }

        if (!Directory.Exists(path))
        {
            throw new DataException("there is no such tokenizer file or folder", path);
        }

        foreach (var format in Formats)
        {
            if (Directory.EnumerateFiles(path, format.FileName).Order(StringComparer.Ordinal).FirstOrDefault() is { } file)
            {
                return new PipelineTokenizer(format.Read(file));
            }
        }

        throw new DataException($"this folder holds no tokenizer; looked for {string.Join(", ", Formats.Select(format => format.FileName))}", path);
    }

    private static bool IsNamedBy(ITokenizerFormat format, string path) => format.FileName.StartsWith('*')
        ? path.EndsWith(format.FileName[1..], StringComparison.Ordinal)
        : string.Equals(Path.GetFileName(path), format.FileName, StringComparison.Ordinal);
}
