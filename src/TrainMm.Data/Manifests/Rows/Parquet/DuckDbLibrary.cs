using System.Runtime.InteropServices;
using TrainMm.Core;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Rows.Parquet;

/// <summary>Finds DuckDB's library: <c>TRAINMM_LIBDUCKDB</c>, then the system's, then the user's cache folder, where <c>scripts/get-duckdb.sh</c> puts it. Loaded once, and only where Parquet is read.</summary>
internal static class DuckDbLibrary
{
    private const string Variable = "TRAINMM_LIBDUCKDB";
    private static readonly Lock Gate = new();
    private static DuckDbApi? loaded;

    /// <summary>The library's file name here.</summary>
    internal static string FileName => OperatingSystem.IsWindows() ? "duckdb.dll" : OperatingSystem.IsMacOS() ? "libduckdb.dylib" : "libduckdb.so";

    /// <summary>Where the script puts the library.</summary>
    internal static string CachePath => Path.Combine(CacheFolder.Of("duckdb"), FileName);

    /// <summary>The library.</summary>
    /// <exception cref="DataException">There is none, or it cannot be loaded; the message says what to do.</exception>
    internal static DuckDbApi Load()
    {
        lock (Gate) return loaded ??= new DuckDbApi(Find(Environment.GetEnvironmentVariable(Variable), FileName, CachePath));
    }

    /// <summary>Loads the first that there is.</summary>
    /// <exception cref="DataException">There is none, or the one that is named cannot be loaded.</exception>
    internal static nint Find(string? named, string system, string cache)
    {
        if (!string.IsNullOrEmpty(named)) return LoadFile(named, $"{Variable} names it: set it to DuckDB's library, or unset it.");
        if (NativeLibrary.TryLoad(system, out var handle)) return handle;
        if (File.Exists(cache)) return LoadFile(cache, "Fetch it again with scripts/get-duckdb.sh.");
        throw new DataException($"Parquet is read through DuckDB's library, and there is none: run scripts/get-duckdb.sh (it puts {system} into {Path.GetDirectoryName(cache)}), or install {system} on the system, or set {Variable} to its path.");
    }

    private static nint LoadFile(string path, string advice)
    {
        if (!File.Exists(path)) throw new DataException($"The file does not exist. {advice}", path);
        return NativeLibrary.TryLoad(path, out var handle) ? handle : throw new DataException($"The file cannot be loaded as a library. {advice}", path);
    }
}
