namespace TrainMm.Data.Text.Tokenizers.Formats;

/// <summary>A way in which tokenizers are kept on disk.</summary>
internal interface ITokenizerFormat
{
    /// <summary>The name, or <c>*.extension</c>, of the file that the format is known by, as errors show it.</summary>
    string FileName { get; }

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="file">The file; its neighbours may be read too.</param>
    /// <exception cref="Core.Diagnostics.DataException">The file cannot be read, or asks for something that is not known here.</exception>
    TokenizerParts Read(string file);
}
