using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Rows;

/// <summary>Rows in LLaVA's form, one JSON object a line; blank lines, CRLF and a byte order mark are passed over.</summary>
public sealed class LlavaJsonlRows(LlavaRowOptions options) : IRowFormat
{
    private readonly LlavaRowFile file = new(options, () => new LineScanner());

    /// <inheritdoc/>
    public string Location => file.Path;

    /// <inheritdoc/>
    public string Fingerprint => file.Fingerprint;

    /// <inheritdoc/>
    /// <exception cref="DataException">The file is missing.</exception>
    public IEnumerable<ScannedRow> Scan() => file.Scan();

    /// <inheritdoc/>
    /// <exception cref="DataException">The row cannot be used, or the file has changed.</exception>
    public Sample Read(RowPlace place) => file.Read(place);

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();
}
