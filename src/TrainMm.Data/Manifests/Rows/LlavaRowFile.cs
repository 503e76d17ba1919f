using Microsoft.Win32.SafeHandles;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Rows;

/// <summary>What LLaVA's two formats share: the scan, and reading one row again.</summary>
internal sealed class LlavaRowFile(LlavaRowOptions options, Func<IRowScanner> scanner) : IDisposable
{
    private readonly LlavaRowParser parser = new(options);
    private readonly Lazy<SafeFileHandle> handle = new(() => File.OpenHandle(options.Path, options: FileOptions.RandomAccess));

    internal string Path => options.Path;

    internal string Fingerprint { get; private set; } = "";

    internal IEnumerable<ScannedRow> Scan()
    {
        using var window = new RowWindow(Path);
        var rows = scanner();
        while (Next(window, rows) is { } row) yield return row;
        Fingerprint = window.Hash();
    }

    /// <summary>Reads one row again.</summary>
    /// <exception cref="DataException">The file changed since it was scanned.</exception>
    internal Sample Read(RowPlace place)
    {
        var row = new byte[place.Length];
        try
        {
            for (var at = 0; at < row.Length;)
            {
                var count = RandomAccess.Read(handle.Value, row.AsSpan(at), place.Offset + at);
                if (count == 0) throw new DataException("The file has become shorter since it was opened.", Path);
                at += count;
            }
        }
        catch (IOException error)
        {
            throw new DataException("The row cannot be read.", Origin(place), error);
        }

        return parser.Parse(row, Origin(place), place.Ordinal);
    }

    public void Dispose()
    {
        if (handle.IsValueCreated) handle.Value.Dispose();
    }

    // Its own method, since a span cannot live across a yield.
    private ScannedRow? Next(RowWindow window, IRowScanner rows)
    {
        if (!rows.TryNext(window, out var place, out var row)) return null;
        try
        {
            return new ScannedRow(place, parser.Parse(row, Origin(place), place.Ordinal), null);
        }
        catch (DataException fault)
        {
            return new ScannedRow(place, null, fault);
        }
    }

    private string Origin(RowPlace place) => $"{Path}:{place.Line}";
}
